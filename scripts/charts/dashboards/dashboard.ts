import { addMatchers } from '../promql.ts'

/** One line of a panel: a PromQL expression and how its series are called. */
export interface Query {
  expr: string
  legend: string
}

export interface Panel {
  title: string
  /** What it shows and when to worry, for whoever looks at three in the morning. */
  description: string
  /** Grafana's unit: `reqps`, `s`, `percentunit`, `short`, `bytes`. */
  unit: string
  queries: readonly Query[]
  kind?: 'timeseries' | 'stat' | 'table'
  /** Where to worry: from this value on yellow, red. `below`: the other way, for what should be high. */
  thresholds?: { warn: number; alarm: number; below?: boolean }
  /** Draws exemplars: traces of single requests over durations. */
  exemplars?: boolean
}

export interface Dashboard {
  uid: string
  title: string
  rows: readonly { title: string; panels: readonly Panel[] }[]
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const COLUMNS = 24
const HEIGHT = 8

const variable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource: DATASOURCE,
  query: { query, refId: name },
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  // Also what has no such label: a laptop has no namespaces.
  allValue: '.*',
  current: { text: ['All'], value: ['$__all'] },
})
const variables = [
  variable('namespace', 'Namespace', 'label_values(alcove_build_info, namespace)'),
  variable('service', 'Service', 'label_values(alcove_build_info{namespace=~"$namespace"}, service)'),
  variable('pod', 'Pod', 'label_values(alcove_build_info{namespace=~"$namespace",service=~"$service"}, pod)'),
]

/** Each series by the labels that it has: what is recorded knows no pods, and volumes belong to no service. */
function matchersOf(metric: string): Record<string, string> {
  if (metric.startsWith('kubelet_')) return { namespace: '$namespace' }
  if (metric.includes(':')) return { namespace: '$namespace', service: '$service' }
  return { namespace: '$namespace', service: '$service', pod: '$pod' }
}

function renderThresholds(thresholds: Panel['thresholds'], kind: Panel['kind']): object {
  if (!thresholds) return {}
  const { warn, alarm, below = false } = thresholds
  const colours = below
    ? [
        [null, 'red'],
        [alarm, 'yellow'],
        [warn, 'green'],
      ]
    : [
        [null, 'green'],
        [warn, 'yellow'],
        [alarm, 'red'],
      ]
  const steps = colours.map(([value, color]) => ({ value, color }))
  return {
    thresholds: { mode: 'absolute', steps },
    ...(kind === 'timeseries' ? { custom: { thresholdsStyle: { mode: 'dashed' } } } : { color: { mode: 'thresholds' } }),
  }
}

/** The JSON that Grafana reads: rows of panels side by side, and choices of data source, namespace, service and pod. */
export function renderDashboard({ uid, title, rows }: Dashboard): string {
  let id = 0
  let y = 0
  const panels = rows.flatMap((row) => {
    const header = { id: (id += 1), type: 'row', title: row.title, collapsed: false, gridPos: { h: 1, w: COLUMNS, x: 0, y }, panels: [] }
    y += 1
    const width = Math.floor(COLUMNS / row.panels.length)
    const rendered = row.panels.map((panel, index) => ({ id: (id += 1), ...renderPanel(panel), gridPos: { h: HEIGHT, w: width, x: index * width, y } }))
    y += HEIGHT
    return [header, ...rendered]
  })
  const dashboard = {
    uid: `alcove-${uid}`,
    title: `Alcove / ${title}`,
    tags: ['alcove'],
    timezone: 'utc',
    schemaVersion: 41,
    version: 1,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }, ...variables] },
    links: [{ type: 'dashboards', title: 'Alcove', tags: ['alcove'], asDropdown: true, keepTime: true }],
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

function renderPanel({ title, description, unit, queries, thresholds, exemplars, kind = 'timeseries' }: Panel): object {
  return {
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0, ...renderThresholds(thresholds, kind) }, overrides: [] },
    options: kind === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } } : {},
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATASOURCE,
      expr: addMatchers(expr, matchersOf),
      legendFormat: legend,
      ...(kind === 'timeseries' ? {} : { instant: true }),
      ...(exemplars ? { exemplar: true } : {}),
    })),
  }
}

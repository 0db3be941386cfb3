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
}

export interface Dashboard {
  uid: string
  title: string
  rows: readonly { title: string; panels: readonly Panel[] }[]
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const COLUMNS = 24
const HEIGHT = 8

/** The JSON that Grafana reads: rows of panels side by side, and a choice of the data source and the namespace. */
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
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }] },
    links: [{ type: 'dashboards', title: 'Alcove', tags: ['alcove'], asDropdown: true, keepTime: true }],
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

function renderPanel({ title, description, unit, queries, kind = 'timeseries' }: Panel): object {
  return {
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: kind === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } } : {},
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      ...(kind === 'timeseries' ? {} : { instant: true }),
    })),
  }
}

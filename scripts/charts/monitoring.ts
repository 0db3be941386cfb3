import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readMetrics, type MetricUse } from './promql.ts'
import { chartPath } from './tools.ts'

export interface Rule {
  file: string
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}

/** A panel as it stands in the JSON that Grafana reads. */
export interface DrawnPanel {
  dashboard: string
  title: string
  description?: string
  type: string
  targets: readonly { expr: string }[]
}

const files = join(chartPath('alcove'), 'files')

/** A series that Prometheus computes from others at intervals. */
export interface Recording {
  file: string
  record: string
  expr: string
}

/** Every rule of the chart with its file: alerts, one in a file, and what they and the dashboards read more than once. */
function listAll(): (Rule | Recording)[] {
  return readdirSync(join(files, 'rules')).flatMap((file) => {
    const { groups } = parse(readFileSync(join(files, 'rules', file), 'utf8')) as { groups: { rules: (Omit<Rule, 'file'> | Omit<Recording, 'file'>)[] }[] }
    return groups.flatMap(({ rules }) => rules.map((rule) => ({ file, ...rule })))
  })
}

export const listRules = (): Rule[] => listAll().filter((rule) => 'alert' in rule)
export const listRecordings = (): Recording[] => listAll().filter((rule) => 'record' in rule)

/** Metrics of Kubernetes itself: kube-state-metrics, the kubelet, and Prometheus' own word on its targets. */
const isForeign = (metric: string): boolean => /^(kube_|kubelet_)|^up$/.test(metric)

/** Every panel of every dashboard but the headings. */
export function listPanels(): DrawnPanel[] {
  return readdirSync(join(files, 'dashboards')).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(files, 'dashboards', file), 'utf8')) as { panels: Omit<DrawnPanel, 'dashboard'>[] }
    return panels.filter(({ type }) => type !== 'row').map((panel) => ({ ...panel, dashboard: file }))
  })
}

/**
 * What rules and dashboards read of Alcove's own processes, with where, so that running services can be asked for it. Recorded series count as
 * what they are computed from; `namespace` and `pod` are added by whoever scrapes.
 */
export function listMetricUses(): (MetricUse & { where: string })[] {
  const alerts = listRules().map(({ alert, expr }) => ({ where: alert, expr }))
  const recorded = listRecordings().map(({ record, expr }) => ({ where: record, expr }))
  const panels = listPanels().flatMap(({ dashboard, title, targets }) => targets.map(({ expr }) => ({ where: `${dashboard}: ${title}`, expr })))
  const names = new Set(recorded.map(({ where }) => where))
  return [...alerts, ...recorded, ...panels].flatMap(({ where, expr }) =>
    readMetrics(expr)
      .filter(({ metric }) => !names.has(metric) && !isForeign(metric))
      .map(({ metric, labels }) => ({ metric, labels: labels.filter((label) => label !== 'namespace' && label !== 'pod'), where })),
  )
}

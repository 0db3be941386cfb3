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
  annotations: { summary: string; description: string; runbook: string }
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

/** Every alert of the chart with its file; a file holds one. */
export function listRules(): Rule[] {
  return readdirSync(join(files, 'rules')).flatMap((file) => {
    const { groups } = parse(readFileSync(join(files, 'rules', file), 'utf8')) as { groups: { rules: Omit<Rule, 'file'>[] }[] }
    return groups.flatMap(({ rules }) => rules.map((rule) => ({ file, ...rule })))
  })
}

/** Every panel of every dashboard but the headings. */
export function listPanels(): DrawnPanel[] {
  return readdirSync(join(files, 'dashboards')).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(files, 'dashboards', file), 'utf8')) as { panels: Omit<DrawnPanel, 'dashboard'>[] }
    return panels.filter(({ type }) => type !== 'row').map((panel) => ({ ...panel, dashboard: file }))
  })
}

/** What rules and dashboards read, with where, so that running services can be asked for it. */
export function listMetricUses(): (MetricUse & { where: string })[] {
  const rules = listRules().map(({ alert, expr }) => ({ where: alert, expr }))
  const panels = listPanels().flatMap(({ dashboard, title, targets }) => targets.map(({ expr }) => ({ where: `${dashboard}: ${title}`, expr })))
  return [...rules, ...panels].flatMap(({ where, expr }) => readMetrics(expr).map((use) => ({ ...use, where })))
}

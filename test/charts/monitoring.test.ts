import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { graph } from '@alcove/graph'
import { createMetrics, requestHistogram } from '../../packages/kit/src/metrics.ts'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listMetricUses, listPanels, listRecordings, listRules } from '../../scripts/charts/monitoring.ts'
import { readMetrics } from '../../scripts/charts/promql.ts'
import { chartPath, root, run } from '../../scripts/charts/tools.ts'

interface RuleCase {
  name: string
  input_series: { series: string }[]
  alert_rule_test: { eval_time: string; exp_alerts: { exp_labels: Record<string, string> }[] }[]
}

const rules = listRules()
const recordings = listRecordings()
const panels = listPanels()
const runbooks = 'https://git.example.org/alcove/docs/runbooks/'
const readCases = (file: string) => (parse(readFileSync(join(root, 'test/charts/rules', file), 'utf8')) as { tests: RuleCase[] }).tests
const countAlerts = ({ alert_rule_test }: RuleCase) => alert_rule_test.map(({ exp_alerts }) => exp_alerts.length)

describe('alert rules', () => {
  it('stand one in a file beside the recorded ones, each with a runbook behind a URL and cases', () => {
    const files = readdirSync(join(chartPath('alcove'), 'files/rules')).filter((file) => file !== 'slo.yaml')
    expect(rules.map(({ file }) => file)).toEqual(files)
    expect(readdirSync(join(root, 'test/charts/rules'))).toEqual(files)
    for (const { file, annotations, labels } of rules) {
      expect(annotations.runbook_url).toBe(`${runbooks}${file.replace('.yaml', '.md')}`)
      const page = readFileSync(join(root, 'docs/runbooks', file.replace('.yaml', '.md')), 'utf8')
      expect(page, file).toMatch(/^# \w+\n\n\w[^]*\nSeverity: [^]*\n1\. /)
      expect(['page', 'ticket']).toContain(labels.severity)
    }
  })

  it.each(rules)('$alert fires when it should and not before, for its own namespace, for as long as it lasts, and on a laptop', ({ file }) => {
    run('promtool', ['check', 'rules', join(chartPath('alcove'), 'files/rules', file)])
    run('promtool', ['test', 'rules', file], join(root, 'test/charts/rules'))
    const cases = readCases(file)
    // Silence alone would pass for a rule that never fires.
    const fires = cases.find(({ name }) => /^\w+ fires/.test(name))!
    expect(countAlerts(fires)[0]).toBeGreaterThan(0)
    expect(countAlerts(fires).at(-1)).toBe(0)
    // A healthy installation beside it in the same Prometheus hides nothing.
    expect(fires.input_series.some(({ series }) => series.includes('namespace="staging"'))).toBe(true)
    expect(fires.alert_rule_test[0]!.exp_alerts.every(({ exp_labels }) => exp_labels.namespace === 'production')).toBe(true)
    expect(cases.filter(({ name }) => name.includes('stays quiet')).flatMap(countAlerts)).toSatisfy(
      (counts: number[]) => counts.length > 0 && counts.every((count) => count === 0),
    )
    expect(cases.filter(({ name }) => name.includes('needs no namespace')).flatMap(countAlerts)).toEqual([1])
  })

  it.each(['BreakerOpen', 'ServiceGone'])('%s lasts as long as an outage of three hours', (alert) => {
    const fires = readCases(rules.find((rule) => rule.alert === alert)!.file).find(({ name }) => /fires for .*three hours/.test(name))!
    const at = fires.alert_rule_test.filter(({ exp_alerts }) => exp_alerts.length === 1).map(({ eval_time }) => eval_time)
    expect(at.length).toBeGreaterThanOrEqual(4)
    expect(at.at(-1)).toMatch(/^2h59m$|^3h/)
  })

  it('expect every service of the graph', () => {
    const { expr } = rules.find(({ alert }) => alert === 'ServiceGone')!
    expect([...expr.matchAll(/"service", "(\w+)", ""/g)].map(([, name]) => name)).toEqual(graph.map(({ name }) => name).sort())
  })
})

describe('recorded series', () => {
  it('count what keeps the objective of each service at a bucket boundary of its own', async () => {
    const metrics = createMetrics({ service: 'gateway', defaults: false })
    const histogram = requestHistogram(metrics)
    histogram.observe({ labels: { method: 'GET', route: '/', status: '200' }, value: 0.1 })
    const text = await metrics.metrics()
    const { expr } = recordings.find(({ record }) => record === 'namespace_service:http_within_objective:rate30m')!
    const boundaries = [...expr.matchAll(/service=~"([^"]+)",le=~"([^"]+)"/g)]
    for (const { name, objectives } of graph) {
      const seconds = String(objectives.latencyP99Ms / 1000)
      expect(text, name).toContain(`le="${seconds}"`)
      const own = boundaries.filter(([, services]) => services!.split('|').includes(name))
      expect(own, name).toHaveLength(1)
      expect(seconds, name).toMatch(new RegExp(`^(?:${own[0]![2]})$`))
    }
  })

  it('are valid and have all that alerts about objectives read', () => {
    run('promtool', ['check', 'rules', join(chartPath('alcove'), 'files/rules/slo.yaml')])
    const names = recordings.map(({ record }) => record)
    const read = rules.flatMap(({ expr }) => readMetrics(expr)).filter(({ metric }) => metric.includes(':'))
    expect(read.length).toBeGreaterThan(5)
    for (const { metric } of read) expect(names).toContain(metric)
  })
})

describe('names', () => {
  it('of our own metrics begin with alcove_, but for the conventional http_', () => {
    const documented = [...readFileSync(join(root, 'docs/metrics.md'), 'utf8').matchAll(/^\| `(\w+)` \| (?:counter|gauge|histogram|summary) /gm)].map(
      ([, name]) => name!,
    )
    expect(documented.length).toBeGreaterThan(25)
    expect(documented.filter((name) => !/^(alcove|http)_/.test(name))).toEqual([])
  })
})

describe('dashboards', () => {
  it('have panels that say what they show, in a unit, from expressions that are PromQL', () => {
    expect(new Set(panels.map(({ dashboard }) => dashboard)).size).toBe(5)
    for (const { dashboard, title, description, targets } of panels) {
      expect(description, `${dashboard}: ${title}`).toMatch(/\w{3}/)
      expect(targets.length, `${dashboard}: ${title}`).toBeGreaterThan(0)
    }
    expect(listMetricUses().length).toBeGreaterThan(panels.length)
  })

  it('fit on a screen: at most four panels beside each other and no title twice', () => {
    const titles = panels.map(({ dashboard, title }) => `${dashboard}: ${title}`)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('ask in every selector for the chosen namespace, and have what chooses', () => {
    for (const file of readdirSync(join(chartPath('alcove'), 'files/dashboards'))) {
      const { templating } = JSON.parse(readFileSync(join(chartPath('alcove'), 'files/dashboards', file), 'utf8')) as {
        templating: { list: { name: string }[] }
      }
      expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'namespace', 'service', 'pod'])
    }
    for (const { dashboard, title, targets } of panels)
      for (const { expr } of targets)
        for (const { metric, labels } of readMetrics(expr)) expect(labels, `${dashboard}: ${title}: ${metric}`).toContain('namespace')
  })

  it('ask for routes as they are counted, and for attempts that were asked about again only', () => {
    const exprOf = (title: string) => panels.find((panel) => panel.title === title)!.targets[0]!.expr
    expect(exprOf('Refunds by operators')).toContain('route="/v1/payments/:id/refunds"')
    expect(exprOf('Settled by asking again')).toContain('end=~"reconciled-.+"')
    expect(panels.flatMap(({ targets }) => targets).filter(({ expr }) => /route="[^"]*\{/.test(expr))).toEqual([])
  })

  it('are read by Prometheus’s own grammar', () => {
    expect(readMetrics('sum by (a) (rate(m_total{b="c"}[5m]))')).toEqual([{ metric: 'm_total', labels: ['b', 'a'] }])
    expect(() => readMetrics('sum by (a (x)')).toThrow(/no PromQL/)
  })
})

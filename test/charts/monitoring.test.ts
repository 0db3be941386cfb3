import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listMetricUses, listPanels, listRules } from '../../scripts/charts/monitoring.ts'
import { readMetrics } from '../../scripts/charts/promql.ts'
import { chartPath, root, run } from '../../scripts/charts/tools.ts'

interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[]
}

const rules = listRules()
const panels = listPanels()

describe('alert rules', () => {
  it('stand one in a file, each with a runbook and a test that it fires and that it stays quiet', () => {
    const files = readdirSync(join(chartPath('alcove'), 'files/rules'))
    expect(rules.map(({ file }) => file)).toEqual(files)
    expect(readdirSync(join(root, 'test/charts/rules'))).toEqual(files)
    for (const { annotations } of rules) expect(existsSync(join(root, annotations.runbook)), annotations.runbook).toBe(true)
    for (const { labels } of rules) expect(['page', 'ticket']).toContain(labels.severity)
  })

  it.each(rules)('$alert fires when it should and not before', ({ file, alert }) => {
    run('promtool', ['check', 'rules', join(chartPath('alcove'), 'files/rules', file)])
    run('promtool', ['test', 'rules', file], join(root, 'test/charts/rules'))
    const { tests } = parse(readFileSync(join(root, 'test/charts/rules', file), 'utf8')) as RuleTests
    // Once with the alert, once without: a test of silence alone would pass for a rule that never fires.
    expect(tests.flatMap((each) => each.alert_rule_test.map(({ alertname, exp_alerts }) => ({ alertname, count: exp_alerts.length })))).toEqual([
      { alertname: alert, count: 1 },
      { alertname: alert, count: 0 },
    ])
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

  it('are read by Prometheus’s own grammar', () => {
    expect(readMetrics('sum by (a) (rate(m_total{b="c"}[5m]))')).toEqual([{ metric: 'm_total', labels: ['b', 'a'] }])
    expect(() => readMetrics('sum by (a (x)')).toThrow(/no PromQL/)
  })
})

import { parser } from '@prometheus-io/lezer-promql'
import type { SyntaxNode } from '@lezer/common'

/** A metric that an expression reads, with the labels it selects by or groups by. */
export interface MetricUse {
  metric: string
  labels: readonly string[]
}

/**
 * The metrics of a PromQL expression, by Prometheus's own grammar. Labels of an aggregation count for every metric below it.
 * @throws {Error} for what is no PromQL
 */
export function readMetrics(expr: string): MetricUse[] {
  const tree = parser.parse(expr)
  const uses: MetricUse[] = []
  tree.iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${expr}`)
      if (node.name === 'VectorSelector')
        uses.push({ metric: readName(node.node, expr), labels: [...readLabels(node.node, expr), ...readGroups(node.node, expr)] })
    },
  })
  return uses
}

const textOf = (node: SyntaxNode, expr: string) => expr.slice(node.from, node.to)

function readName(selector: SyntaxNode, expr: string): string {
  const name = selector.getChild('Identifier')
  if (!name) throw new Error(`a selector without a metric: ${expr}`)
  return textOf(name, expr)
}

function readLabels(selector: SyntaxNode, expr: string): string[] {
  const found: string[] = []
  selector.cursor().iterate((node) => {
    if (node.name === 'LabelName') found.push(textOf(node.node, expr))
  })
  return found
}

/** Labels that the aggregations around a selector group by. */
function readGroups(selector: SyntaxNode, expr: string): string[] {
  const found: string[] = []
  for (let node = selector.parent; node; node = node.parent) {
    const grouping = node.name === 'AggregateExpr' ? node.getChild('AggregateModifier')?.getChild('GroupingLabels') : null
    for (const label of grouping?.getChildren('LabelName') ?? []) found.push(textOf(label, expr))
  }
  return found
}

/** The expression with further matchers in every selector of a metric; a label that a selector already asks for is left as it is. */
export function addMatchers(expr: string, matchersOf: (metric: string) => Readonly<Record<string, string>>): string {
  const edits: { at: number; text: string }[] = []
  parser.parse(expr).iterate({
    enter({ name, node }) {
      if (name !== 'VectorSelector') return
      const asked = readLabels(node, expr)
      const matchers = Object.entries(matchersOf(readName(node, expr))).flatMap(([label, pattern]) => (asked.includes(label) ? [] : [`${label}=~"${pattern}"`]))
      const braces = node.getChild('LabelMatchers')
      if (!braces) edits.push({ at: node.getChild('Identifier')!.to, text: `{${matchers.join(',')}}` })
      else edits.push({ at: braces.from + 1, text: [...matchers, ...(asked.length > 0 ? [''] : [])].join(',') })
    },
  })
  return edits.reduceRight((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), expr)
}

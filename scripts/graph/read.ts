import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventTypes, serviceNames, topics as contractTopics } from '@alcove/contracts'
import type { ServiceNode } from '@alcove/graph'
import { Compile } from 'typebox/schema'
import { parse } from 'yaml'
import { ServiceNodeSchema } from './schema.ts'

const validator = Compile(ServiceNodeSchema)

/** Every `service.yaml` below `root`, by port. @throws with every contradiction in them at once */
export function readGraph(root: string): ServiceNode[] {
  const names = readdirSync(join(root, 'services')).filter((name) => existsSync(join(root, 'services', name, 'service.yaml')))
  const problems: string[] = []
  const nodes = names.flatMap((name) => {
    const node: unknown = parse(readFileSync(join(root, 'services', name, 'service.yaml'), 'utf8'))
    const { found, misshapen } = checkShape(node)
    problems.push(...misshapen.map((problem) => `services/${name}/service.yaml: ${problem}`))
    if (found && found.name !== name) problems.push(`services/${name}/service.yaml: it is named ${found.name}`)
    return found ? [found] : []
  })
  // Names in a graph of which a part is missing would be called unknown.
  if (problems.length === 0) problems.push(...nodes.flatMap((node) => listContradictions(node, nodes).map((problem) => `${node.name}: ${problem}`)))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return nodes.sort((a, b) => a.port - b.port)
}

function checkShape(node: unknown): { found?: ServiceNode; misshapen: string[] } {
  if (validator.Check(node)) return { found: node, misshapen: [] }
  const [, errors] = validator.Errors(node)
  return { misshapen: errors.map((error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`) }
}

/** What no schema of one file can say: names that nobody bears, two owners of one topic. */
function listContradictions(node: ServiceNode, graph: readonly ServiceNode[]): string[] {
  const others = graph.filter((other) => other.name !== node.name)
  const isKnown = (name: string) => graph.some((other) => other.name === name)
  const problems = [
    ...(serviceNames.some((name) => name === node.name) ? [] : ['contracts know no such service']),
    ...node.calls.filter((callee) => callee === node.name || !isKnown(callee)).map((callee) => `calls ${callee}, which is no other service`),
    ...others.filter((other) => other.port === node.port).map((other) => `port ${node.port} is ${other.name}'s`),
    ...others.filter((other) => node.produces !== null && other.produces === node.produces).map((other) => `topic ${node.produces} is ${other.name}'s`),
    ...(node.produces === null || contractTopics.some((name) => name === node.produces) ? [] : [`contracts know no topic ${node.produces}`]),
    ...((node.produces === null) === (node.topic === undefined) ? [] : ['topic and produces go together']),
    ...(node.produces === null || node.database ? [] : ['produces without a database: there is no outbox to write to']),
  ]
  return [...problems, ...Object.entries(node.consumes).flatMap(([topic, { types }]) => listSubscriptionProblems(topic, types, graph))]
}

function listSubscriptionProblems(topic: string, types: readonly string[], graph: readonly ServiceNode[]): string[] {
  if (!graph.some((node) => node.produces === topic)) return [`consumes ${topic}, which nobody produces`]
  const known = ['audit.recorded.v1', ...eventTypes.filter((event) => event.topic === topic).map((event) => event.type)]
  const isWanted = (pattern: string) => known.some((type) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern))
  return types.filter((pattern) => !isWanted(pattern)).map((pattern) => `consumes ${pattern}, which contracts do not know on ${topic}`)
}

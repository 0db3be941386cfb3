import { matchesType } from '@alcove/contracts'
import { keysFrom, type ServiceNode } from '@alcove/graph'

type Graph = readonly ServiceNode[]

/** What the running services have counted of one edge; the same words for what the graph declares. */
export const called = (caller: string, callee: string) => `${caller} calls ${callee}`
export const wasCalled = (callee: string, caller: string) => `${callee} was called by ${caller}`
export const fetchedKeys = (service: string) => `${service} fetches keys from ${keysFrom}`
export const published = (service: string, topic: string) => `${service} publishes to ${topic}`
export const handled = (service: string, topic: string, type: string) => `${service} handles ${type} of ${topic}`

/** Every edge of the graph, HTTP as both ends count it, events by the names or patterns of `service.yaml`. */
export function listDeclared(graph: Graph): string[] {
  return graph.flatMap(({ name, calls, produces, consumes }) => [
    ...(name === keysFrom ? [] : [fetchedKeys(name)]),
    ...calls.flatMap((callee) => [called(name, callee), wasCalled(callee, name)]),
    ...(produces ? [published(name, produces)] : []),
    ...Object.entries(consumes).flatMap(([topic, { types }]) => types.map((type) => handled(name, topic, type))),
  ])
}

/** The name or pattern under which a service declares a type; the type itself where it declares none. */
export function nameHandled(graph: Graph, service: string, { topic, type }: { topic: string; type: string }): string {
  const types = graph.find(({ name }) => name === service)?.consumes[topic]?.types ?? []
  return handled(service, topic, types.find((pattern) => matchesType(pattern, type)) ?? type)
}

/** What is wrong between graph and run, one line an edge; `excused` are declared edges that cannot occur yet. */
export function compareEdges(declared: readonly string[], seen: ReadonlySet<string>, excused: readonly string[] = []): string[] {
  const known = new Set(declared)
  return [
    ...[...known].filter((edge) => !seen.has(edge) && !excused.includes(edge)).map((edge) => `declared and never seen: ${edge}`),
    ...[...seen].filter((edge) => !known.has(edge)).map((edge) => `seen and not declared: ${edge}`),
    ...excused.filter((edge) => seen.has(edge)).map((edge) => `excused and seen all the same: ${edge}`),
    ...excused.filter((edge) => !known.has(edge)).map((edge) => `excused and not declared: ${edge}`),
  ].sort()
}

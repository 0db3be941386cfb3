import { graph } from './graph.generated.ts'

export { graph }

/** One service as its `service.yaml` declares it. */
export interface ServiceNode {
  readonly name: string
  /** The local profile's application port; the operations port is this + 6000. */
  readonly port: number
  readonly calls: readonly string[]
  readonly produces: string | null
  readonly consumes: Readonly<Record<string, { readonly mode: 'durable' | 'broadcast'; readonly types: readonly string[] }>>
  readonly database: boolean
}

/** The node of a service; throws for a name the graph does not know. */
export function getNode(name: string): ServiceNode {
  const node = graph.find((candidate) => candidate.name === name)
  if (!node) throw new Error(`no service.yaml declares a service named ${name}`)
  return node
}

/** Services whose declared calls include this one: the only callers its internal routes accept. */
export function listCallers(name: string): string[] {
  return graph.filter((node) => node.calls.includes(name)).map((node) => node.name)
}

/** Whether `caller` declares that it calls `callee`. */
export function isDeclaredCall(caller: string, callee: string): boolean {
  return getNode(caller).calls.includes(callee)
}

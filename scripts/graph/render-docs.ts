import type { ServiceNode } from '@alcove/graph'

type Graph = readonly ServiceNode[]

/** Puts what is generated between the markers of a Markdown file: `<!-- graph:picture -->` to `<!-- /graph:picture -->`. @throws without them */
export function fillMarkers(text: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((filled, [name, block]) => {
    const [opening, closing] = [`<!-- graph:${name} -->\n`, `<!-- /graph:${name} -->`]
    const [start, end] = [filled.indexOf(opening), filled.indexOf(closing)]
    if (start < 0 || end < start) throw new Error(`the markers of graph:${name} are gone`)
    return `${filled.slice(0, start + opening.length)}${block}${filled.slice(end)}`
  }, text)
}

/** The picture of docs/architecture.md: every call, who produces, who consumes, what lies outside. */
export function renderPicture(graph: Graph): string {
  const find = (name: string) => graph.find((node) => node.name === name)!
  const critical = graph.filter(({ name }) => find('booking').calls.includes(name))
  const later = graph.filter((node) => !critical.includes(node) && node.name !== 'booking' && reads(node, 'durable', 'booking'))
  const others = graph.filter((node) => !critical.includes(node) && !later.includes(node))
  const readers = (mode: 'durable' | 'broadcast') => names(graph.filter((node) => reads(node, mode)))
  return mermaid('TB', [
    'client([browser, app, curl]) --> gateway',
    ...box('critical', 'a booking asks them, behind breakers', critical),
    ...box('later', 'they learn of it by events', later),
    ...others.map(describe),
    '',
    ...callsOf(graph).map(([caller, callees]) => `${caller} --> ${callees}`),
    ...graph.flatMap(({ name, external = [] }) => external.map((each) => `${name} --> ${each.name}([${each.name.replaceAll('-', ' ')}])`)),
    '',
    `${names(graph.filter(({ produces }) => produces))} == outbox ==> log[(event log<br/>topics, per-key order)]`,
    `log == inbox ==> ${readers('durable')}`,
    `log -. from the newest on .-> ${readers('broadcast')}`,
  ])
}

/** The picture of README.md: what a newcomer needs of it. */
export function renderSketch(graph: Graph): string {
  const withPort = (name: string) => `${name}[${name} :${graph.find((node) => node.name === name)!.port}]`
  const [gateway, booking] = ['gateway', 'booking'].map((name) => graph.find((node) => node.name === name)!)
  return mermaid('LR', [
    `client([you]) --> ${withPort('gateway')}`,
    `gateway --> ${gateway!.calls.map(withPort).join(' & ')}`,
    `booking -- asks --> ${booking!.calls.join(' & ')}`,
    `${names(graph.filter(({ produces }) => produces))} == events ==> ${names(graph.filter((node) => reads(node, 'durable')))}`,
  ])
}

/** The table of topics in docs/architecture.md. */
export function renderTopics(graph: Graph): string {
  const rows = graph.flatMap(({ name, produces, topic }) => {
    if (produces === null || !topic) return []
    const consumers = graph
      .filter((node) => node.consumes[produces])
      .map((node) => `${node.name}${node.consumes[produces]!.mode === 'broadcast' ? ' (every process)' : ''}`)
    return [`| \`${produces}\` | ${name} | ${topic.partitions} | ${topic.retentionDays} days | ${consumers.join(', ')} |`]
  })
  return ['| Topic | Written by | Partitions | Kept | Read by |', '|---|---|---|---|---|', ...rows, ''].join('\n')
}

const names = (nodes: Graph) => nodes.map(({ name }) => name).join(' & ')
const describe = ({ name, port, summary }: ServiceNode) => `${name}[${name} :${port}<br/>${summary}]`
const box = (id: string, title: string, nodes: Graph) => [`subgraph ${id} [${title}]`, ...nodes.map((node) => `  ${describe(node)}`), 'end']
const mermaid = (direction: string, lines: readonly string[]) =>
  ['```mermaid', `flowchart ${direction}`, ...lines.map((line) => (line ? `  ${line}` : '')), '```', ''].join('\n')

function reads({ consumes }: ServiceNode, mode: 'durable' | 'broadcast', topic?: string): boolean {
  return Object.entries(consumes).some(([name, subscription]) => subscription.mode === mode && (topic === undefined || name === topic))
}

/** Callers with their callees, the edge of the system first. */
function callsOf(graph: Graph): [string, string][] {
  const callers = graph.filter(({ calls }) => calls.length > 0).toSorted((a, b) => b.calls.length - a.calls.length || b.port - a.port)
  return callers.map(({ name, calls }) => [name, calls.join(' & ')])
}

import { readFileSync } from 'node:fs'
import { allServices, planFixedPorts } from './layout.ts'

/** Both ends included. */
export type PortRange = readonly [first: number, last: number]

const PORT_MAX = 65_535
/** `booking.9` is the last replica that a command can name. */
const REPLICAS_MAX = 9
/** Which PORT_BASE a refusal offers: easy to remember, if it is a good one. */
const SUGGESTED = 10_000
const STEP = 100
/** RFC 6335, 6: what macOS and others without /proc give to outgoing connections. */
const DYNAMIC: readonly PortRange[] = [[49_152, PORT_MAX]]

/**
 * Reads `PORT_BASE`; throws one sentence that names a good one. A port that the system gives to outgoing connections
 * may be taken at any moment, by a connection of ours too, and SO_REUSEADDR does not help a listener against that:
 * so such a base is refused, not tried. Where the system gives away even the ports of base 0, nothing better can be
 * offered, and only ports beyond 65535 are refused.
 */
export function readPortBase(text: string, outgoing: readonly PortRange[] = readOutgoingRanges()): number {
  const portBase = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  const isChoice = findUnfit(0, outgoing) === undefined
  const ranges = isChoice ? outgoing : []
  const highest = findHighest(ranges)
  const advice = `choose one from 0 to ${highest}, such as PORT_BASE=${findUnfit(SUGGESTED, ranges) ? highest : SUGGESTED}`
  if (Number.isNaN(portBase)) throw new Error(`PORT_BASE=${text} is not a whole number: ${advice}`)
  const unfit = findUnfit(portBase, ranges)
  if (unfit) throw new Error(`PORT_BASE=${text} puts ${unfit.purpose} on port ${unfit.port}, ${unfit.reason}: ${advice}`)
  return portBase
}

/** What the system gives to outgoing connections, without what its administrator reserved. */
export function readOutgoingRanges(read: (file: string) => string = readSetting): PortRange[] {
  const [first, last] = read('ip_local_port_range').trim().split(/\s+/).map(Number)
  if (!first || !last) return [...DYNAMIC]
  const reserved = read('ip_local_reserved_ports')
    .split(',')
    .map(readRange)
    .filter((range) => range !== undefined)
  return reserved.reduce<PortRange[]>((ranges, hole) => ranges.flatMap((range) => cutOut(range, hole)), [[first, last]])
}

function readSetting(name: string): string {
  try {
    return readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8')
  } catch {
    return ''
  }
}

function readRange(text: string): PortRange | undefined {
  const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(text)
  return match ? [Number(match[1]), Number(match[2] ?? match[1])] : undefined
}

function cutOut([first, last]: PortRange, [from, to]: PortRange): PortRange[] {
  const parts: PortRange[] = [
    [first, Math.min(last, from - 1)],
    [Math.max(first, to + 1), last],
  ]
  return parts.filter(([start, end]) => start <= end)
}

function findUnfit(portBase: number, outgoing: readonly PortRange[]): { port: number; purpose: string; reason: string } | undefined {
  for (const [port, purpose] of listAllPorts(portBase)) {
    if (port > PORT_MAX) return { port, purpose, reason: `and the last one is ${PORT_MAX}` }
    const range = outgoing.find(([first, last]) => port >= first && port <= last)
    if (range) return { port, purpose, reason: `which this system gives to outgoing connections (${range.join(' to ')})` }
  }
  return undefined
}

/** The end of the run of good bases that begins at 0. */
function findHighest(outgoing: readonly PortRange[]): number {
  let highest = 0
  while (!findUnfit(highest + STEP, outgoing)) highest += STEP
  return highest
}

/** Every port that a stack may ever use there, with replicas and a broker asked for later. */
function listAllPorts(portBase: number): [port: number, purpose: string][] {
  const plan = planFixedPorts(portBase)
  const services = allServices.flatMap((service) =>
    Array.from({ length: REPLICAS_MAX + 1 }, (_, replica): [number, string][] => {
      const name = replica === 0 ? service : `${service}.${replica}`
      const { port, opsPort } = replica === 0 ? plan.service(service) : plan.replica(service, replica)
      return [
        [port, name],
        [opsPort, `${name}, operations,`],
      ]
    }).flat(),
  )
  return [[plan.postgres, 'PostgreSQL'], ...plan.kafka.map((port): [number, string] => [port, 'Kafka']), ...services]
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@alcove/contracts'
import { graph } from '@alcove/graph'
import { root } from '../../../scripts/supervisor/layout.ts'
import type { Family } from './exposition.ts'

/** A metric as docs/metrics.md has it, or as processes together expose it. */
export interface MetricRow {
  name: string
  type: string
  labels: string[]
  services: string[]
  help: string
}

const toSorted = (values: Iterable<string>): string[] => [...new Set(values)].sort()
const byName = (rows: MetricRow[]): MetricRow[] => rows.toSorted((one, other) => one.name.localeCompare(other.name))

/** Rows of docs/metrics.md: those of every installation, and those that only a configuration brings (`gateway, with …`). */
export function readDocumented(): { always: MetricRow[]; configured: MetricRow[] } {
  const text = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
  const every = graph.map(({ name }) => name)
  const always: MetricRow[] = []
  const configured: MetricRow[] = []
  for (const [, name, type, labels, of, help] of text.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.*?) \| (.*?) \|$/gm)) {
    const services = of === 'all' ? every : of!.split(', with ')[0]!.split(', ')
    const row = { name: name!, type: type!, labels: toSorted(labels!.split(', ').filter(Boolean)), services: toSorted(services), help: help! }
    if (of!.includes(', with ')) configured.push(row)
    else always.push(row)
  }
  return { always: byName(always), configured: byName(configured) }
}

/** The same of running processes. Each metric of theirs has the label `service`, and a histogram's buckets `le`: neither is told. */
export function describeExposed(processes: ReadonlyMap<ServiceName, readonly Family[]>): MetricRow[] {
  const rows = new Map<string, MetricRow>()
  for (const [service, families] of processes) {
    for (const { name, type, help, samples } of families) {
      if (/^(process|nodejs)_/.test(name)) continue
      const row = rows.get(name) ?? { name, type, help, labels: [], services: [] }
      row.services.push(service)
      row.labels.push(...samples.flatMap(({ labels }) => Object.keys(labels)).filter((label) => label !== 'service' && label !== 'le'))
      rows.set(name, row)
    }
  }
  return byName([...rows.values()].map((row) => ({ ...row, labels: toSorted(row.labels), services: toSorted(row.services) })))
}

import { listMetricUses } from '../../../scripts/charts/monitoring.ts'
import { readDocumented } from './documented.ts'
import type { Family } from './exposition.ts'

export interface UsesJudgement {
  /** Names that no process exposes: a panel or an alert that would stay empty for ever. */
  unknown: string[]
  /** Exposed, but without any series yet: nothing of that kind has happened. */
  silent: string[]
  /** No series carries the labels by which it is selected or grouped. */
  unlabelled: string[]
}

/**
 * Holds what every dashboard and alert rule of the chart reads against what running processes expose, wherever they run: on this machine
 * or as pods. Silence is worth nothing on an Alcove that has hardly been used; on one that has done and suffered everything it is a fault.
 */
export function judgeMetricUses(processes: readonly (readonly Family[])[]): UsesJudgement {
  const families = processes.flat()
  const configured = new Set(readDocumented().configured.map(({ name }) => name))
  const judgement: UsesJudgement = { unknown: [], silent: [], unlabelled: [] }
  for (const { where, metric, labels } of listMetricUses()) {
    const exposed = families.filter(({ name, type }) => name === metric || (type === 'histogram' && metric.replace(/_(bucket|sum|count)$/, '') === name))
    const samples = exposed.flatMap((family) => family.samples).filter(({ name }) => name === metric)
    if (exposed.length === 0 && configured.has(metric)) continue
    if (exposed.length === 0) judgement.unknown.push(`${metric} of ${where}`)
    else if (samples.length === 0) judgement.silent.push(`${metric} of ${where}`)
    else if (!samples.some((sample) => labels.every((label) => label in sample.labels)))
      judgement.unlabelled.push(`${metric} of ${where}: ${labels.join(', ')}`)
  }
  return judgement
}

import type { CallOptions, ServiceClient } from '@alcove/client'
import { auditingServices, listAuditSources, type AuditingService } from '@alcove/contracts'
import type { AuditSource } from '../domain/audit.ts'

/** An audit entry as far as its source is concerned. */
interface Sourced {
  readonly id: string
  /** Who told it; null: not known. */
  readonly service: string | null
}

/** Where the requests behind entries came from, by the entries' ids. */
export type FindSources = (entries: readonly Sourced[], call: CallOptions) => Promise<Map<string, AuditSource>>

/** An answer that is late is none: nobody waits for an address longer. */
const patienceMs = 2000
const unavailable: AuditSource = { state: 'unavailable', address: null }
const none: AuditSource = { state: 'none', address: null }

/**
 * Asks each service that told some of the entries, all at once. What a service does not know (any more) is `none`; while it gives no answer
 * its entries are `unavailable`, and the log is readable all the same.
 */
export function createFindSources(client: Pick<ServiceClient, 'call'>, log: { warn(fields: object, message: string): void }): FindSources {
  async function ask(service: AuditingService, ids: string[], call: CallOptions): Promise<[string, AuditSource][]> {
    try {
      const { body } = await client.call(listAuditSources(service), { body: { ids } }, { ...call, timeoutMs: patienceMs })
      const known = new Map(body.items.map(({ id, address }) => [id, address]))
      return ids.map((id) => [id, known.has(id) ? { state: 'known', address: known.get(id)! } : none])
    } catch (err) {
      log.warn({ err, callee: service }, 'audit entries are shown without their sources')
      return ids.map((id) => [id, unavailable])
    }
  }
  return async (entries, call) => {
    const asked = auditingServices.map((service) => {
      const ids = entries.filter((entry) => entry.service === service).map(({ id }) => id)
      return ids.length > 0 ? ask(service, ids, call) : []
    })
    return new Map((await Promise.all(asked)).flat())
  }
}

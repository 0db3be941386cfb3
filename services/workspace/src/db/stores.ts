import { takeIdempotencyKey } from '@alcove/database'
import { recordAudit, writeEvent } from '@alcove/events'
import type { PoolClient } from 'pg'
import type { RetirementRecord, Stores, WriteContext } from '../domain/stores.ts'
import { insertRow, lockRow, updateRow } from './rows.ts'
import { createSpaceStore } from './space-store.ts'
import { closureTable, locationTable, policyTable, priceBookTable, type TableMap } from './tables.ts'

const retirementList = 'space_id AS "spaceId", id, next_revision AS "nextRevision", started_at AS "startedAt"'

function createTable<R extends { id: string }>(tx: PoolClient, table: TableMap<R>) {
  return {
    lock: (id: string, mode: 'update' | 'share' = 'update') => lockRow(tx, table, { id, mode }),
    insert: (record: R) => insertRow(tx, table, record),
    update: (record: R) => updateRow(tx, table, record),
  }
}

/** The stores of one transaction, and whether it has published anything. */
export function createStores(tx: PoolClient, write: WriteContext): { stores: Stores; hasPublished: () => boolean } {
  let published = false
  const stores: Stores = {
    locations: createTable(tx, locationTable),
    spaces: createSpaceStore(tx),
    closures: createTable(tx, closureTable),
    policies: createTable(tx, policyTable),
    priceBooks: { ...createTable(tx, priceBookTable), ...createCurrencies(tx) },
    retirements: createRetirements(tx),
    async takeKey(command, resourceId) {
      const taken = await takeIdempotencyKey(tx, command, { resourceId, now: write.now })
      if (taken.outcome === 'new') return undefined
      return taken.outcome === 'reused' ? 'reused' : { resourceId: taken.resourceId }
    },
    async publish(eventType, key, data) {
      published = true
      await writeEvent(tx, eventType, { key, data, now: write.now, traceparent: write.traceparent })
    },
    async audit(action, subject) {
      const { actorId, requestId, now, traceparent, address } = write
      const actor = actorId ? { type: 'user' as const, id: actorId } : { type: 'system' as const, id: null }
      await recordAudit(tx, 'workspace', { action, subject, actor, requestId, traceparent, address, now })
    },
  }
  return { stores, hasPublished: () => published }
}

function createCurrencies(tx: PoolClient): Pick<Stores['priceBooks'], 'listLocationCurrencies' | 'listBookCurrencies'> {
  const list = async (text: string, id: string) => (await tx.query<{ currency: string }>(text, [id])).rows.map(({ currency }) => currency)
  return {
    listLocationCurrencies: (id) =>
      list('SELECT DISTINCT currency FROM location WHERE id IN (SELECT location_id FROM space WHERE price_book_id = $1 AND archived_at IS NULL)', id),
    listBookCurrencies: (id) =>
      list('SELECT DISTINCT currency FROM price_book WHERE id IN (SELECT price_book_id FROM space WHERE location_id = $1 AND archived_at IS NULL)', id),
  }
}

function createRetirements(tx: PoolClient): Stores['retirements'] {
  return {
    async find(spaceIds) {
      const { rows } = await tx.query<RetirementRecord>(`SELECT ${retirementList} FROM retirement WHERE space_id = ANY($1::uuid[]) ORDER BY space_id`, [
        spaceIds,
      ])
      return rows
    },
    async insert(records) {
      await tx.query(
        'INSERT INTO retirement (space_id, id, next_revision, started_at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[])',
        [
          records.map(({ spaceId }) => spaceId),
          records.map(({ id }) => id),
          records.map(({ nextRevision }) => nextRevision),
          records.map(({ startedAt }) => startedAt),
        ],
      )
    },
    async remove(spaceIds) {
      await tx.query('DELETE FROM retirement WHERE space_id = ANY($1::uuid[])', [spaceIds])
    },
    async listStale(before) {
      const { rows } = await tx.query<RetirementRecord>(`SELECT ${retirementList} FROM retirement WHERE started_at < $1 ORDER BY started_at LIMIT 100`, [
        before,
      ])
      return rows
    },
  }
}

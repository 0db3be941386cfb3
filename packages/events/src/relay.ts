import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudEvent } from '@alcove/contracts'
import { defineKillPoints, readFigure, type KillPoints, type Lifecycle, type Logger } from '@alcove/kit'
import type { Pool } from 'pg'
import { Gauge, type Registry } from 'prom-client'
import { publishedCounter } from './declared.ts'
import { createLeaseKeeper, type LeaseKeeper } from './leases.ts'
import { untraced, type EventTracing } from './tracing.ts'
import type { Message, Transport } from './transport.ts'
import { backoffMs, createSleeper } from './wait.ts'

const PARTITIONS = Array.from({ length: 16 }, (_, partition) => String(partition))
const BATCH_MAX = 500
const BEAT_MS = 1500
/** Least time between two batches that were not full: under load a batch holds many events instead of one. */
const GATHER_MS = 100

/** Options of {@link createRelay}. */
export interface RelayOptions {
  /** The service's own database. */
  pool: Pool
  transport: Transport
  service: string
  log: Pick<Logger, 'warn'>
  metrics?: Registry
  killPoints?: Pick<KillPoints, 'reach'>
  tracing?: EventTracing
  /** How long an idle relay waits between two looks; default 100 ms. */
  pollMs?: number
}

/** Publishes what stands in the outbox. */
export interface Relay extends Lifecycle {
  /** Call after a commit that wrote events: they leave at once instead of at the next look. */
  wake(): void
  /** Real age of the oldest event not yet published, in seconds; 0 when there is none. */
  ageSeconds(): Promise<number>
  /** Also after `stop()`, once that has settled. */
  start(): Promise<void>
  stop(): Promise<void>
}

interface OutboxRow {
  seq: string
  id: string
  topic: string
  key: string
  type: string
  data: Record<string, unknown>
  traceparent: string | null
  occurred_at: Date
}

const READ = `SELECT seq, id, topic, key, type, data, traceparent, occurred_at FROM outbox WHERE partition = ANY($1::smallint[]) ORDER BY seq LIMIT ${BATCH_MAX}`

/** A relay that holds no lease, before its start and after its end. */
const idle = { held: [] as string[], beatAt: 0, running: undefined as Promise<void> | undefined }

defineKillPoints(['outbox.read', 'outbox.published'])

/**
 * The relay of one process. It leases partitions of the outbox, publishes them in sequence with one batch in
 * flight and no transaction open, then deletes the rows. A relay that dies between publishing and deleting leaves
 * a repeat, which every inbox removes. Several replicas share the partitions.
 */
export function createRelay(options: RelayOptions): Relay {
  const { pool, transport, service, log, tracing = untraced } = options
  const sleeper = createSleeper()
  const keeper = createLeaseKeeper({
    pool,
    tables: { lease: 'outbox_lease', member: 'outbox_member' },
    scope: 'outbox',
    kinds: new Map([['outbox', PARTITIONS]]),
  })
  const publishedTotal = options.metrics && publishedCounter(options.metrics)
  const state = { ...idle, stopped: false }

  async function publishOnce(): Promise<number> {
    if (state.held.length === 0) return 0
    const { rows } = await pool.query<OutboxRow>({ name: 'outbox-read', text: READ, values: [state.held] })
    if (rows.length === 0) return 0
    options.killPoints?.reach('outbox.read')
    for (const [topic, events] of Map.groupBy(rows, (row) => row.topic)) {
      await tracing.publish(topic, events, (traced) => transport.publish(topic, toMessages(service, traced)))
    }
    for (const { topic, type } of rows) publishedTotal?.inc({ topic, type })
    options.killPoints?.reach('outbox.published')
    await pool.query({ name: 'outbox-delete', text: 'DELETE FROM outbox WHERE seq = ANY($1::bigint[])', values: [rows.map(({ seq }) => seq)] })
    return rows.length
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!state.stopped) {
      let published = 0
      try {
        if (performance.now() >= state.beatAt) await beat(state, keeper)
        published = await publishOnce()
        failures = 0
      } catch (error) {
        failures += 1
        log.warn({ err: error, failures }, 'events could not be published; trying again')
        await sleeper.sleep(backoffMs(failures, 100, 2000))
      }
      if (published === 0) await sleeper.sleep(options.pollMs ?? 100)
      else if (published < BATCH_MAX) await sleep(GATHER_MS)
    }
  }

  const relay: Relay = {
    name: 'outbox relay',
    phase: 'relay',
    wake: () => sleeper.wake(),
    ageSeconds: () => readAgeSeconds(pool),
    async start() {
      state.stopped = false
      state.running ??= run()
    },
    async stop() {
      state.stopped = true
      sleeper.wake()
      await state.running
      // What the last requests wrote leaves before the process does, if the transport is there.
      await drain(publishOnce).catch((error: unknown) => log.warn({ err: error }, 'the outbox could not be emptied; another relay will'))
      await keeper.leave().catch((error: unknown) => log.warn({ err: error }, 'the outbox leases could not be returned; they will expire'))
      Object.assign(state, idle)
    },
  }
  if (options.metrics) registerAge(options.metrics, relay)
  return relay
}

async function beat(state: { held: string[]; beatAt: number }, keeper: LeaseKeeper): Promise<void> {
  const startedAt = performance.now()
  const { held, excess } = await keeper.beat()
  // Nothing is in flight between two batches, so what exceeds the share can go at once.
  state.held = held.filter((unit) => !excess.includes(unit))
  state.beatAt = startedAt + BEAT_MS
  await keeper.release(excess)
}

async function drain(publishOnce: () => Promise<number>): Promise<void> {
  for (let round = 0; round < 20 && (await publishOnce()) > 0; round += 1);
}

const toMessages = (service: string, rows: readonly OutboxRow[]): Message[] => rows.map((row) => toMessage(service, row))

/** CloudEvents 1.0, structured JSON mode. */
function toMessage(service: string, row: OutboxRow): Message {
  const event: CloudEvent = {
    specversion: '1.0',
    id: row.id,
    source: `/alcove/${service}`,
    type: row.type,
    subject: row.key,
    time: row.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    ...(row.traceparent ? { traceparent: row.traceparent } : {}),
    data: row.data,
  }
  return { key: row.key, value: JSON.stringify(event) }
}

/** From the time inside the UUIDv7: `occurred_at` follows the product's clock, which the local profile may move. */
async function readAgeSeconds(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ age: number | null }>(
    `SELECT extract(epoch FROM clock_timestamp() - COALESCE(uuid_extract_timestamp(id), occurred_at))::float8 AS age FROM outbox ORDER BY seq LIMIT 1`,
  )
  return Math.max(0, rows[0]?.age ?? 0)
}

function registerAge(registry: Registry, relay: Relay): void {
  new Gauge({
    name: 'alcove_outbox_age_seconds',
    help: 'Age of the oldest event that is not published yet',
    registers: [registry],
    async collect() {
      this.set(await readFigure(() => relay.ageSeconds()))
    },
  })
}

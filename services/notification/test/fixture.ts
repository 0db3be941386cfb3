import { DependencyError, newId } from '@alcove/kit'
import { buildTestContext, createTestDatabase, deliver, type TestContext, type TestDatabase } from '@alcove/testing'
import type { EventType } from '@alcove/contracts'
import type { Handler } from '@alcove/events'
import { PrismaPg } from '@prisma/adapter-pg'
import { buildApp } from '../src/app.ts'
import { createHandlers } from '../src/consumers/index.ts'
import { createInbox } from '../src/db/inbox.ts'
import { createMailbox } from '../src/db/mailbox.ts'
import { createMessageQueue } from '../src/db/message-queue.ts'
import { createInTransaction, createStores } from '../src/db/stores.ts'
import type { Carrier } from '../src/domain/carrier.ts'
import { createFormatters } from '../src/domain/format.ts'
import { createLinks } from '../src/domain/links.ts'
import type { Directory } from '../src/domain/prepare-message.ts'
import { PrismaClient } from '../src/generated/prisma/client.ts'
import { sendBatch, type SenderDeps } from '../src/jobs/send-messages.ts'
import { buildAccount, buildBooking, buildDetail, buildPerson } from './builders.ts'

/** One mailbox row with what became of its message. */
export interface MailRow {
  id: string
  event_id: string
  recipient: string
  subject: string
  text: string
  html: string
}

/** The whole service but its process: real database, real inbox transaction, other services faked at the directory. */
export interface Fixture {
  database: TestDatabase
  context: TestContext
  /** Real time of the sender, which tests move past leases and waits. */
  realTime: { now: Date }
  /** Answers of auth, user and booking; replace a member to change one. */
  directory: Directory
  sender: SenderDeps
  handlers: Handler[]
  deliver<E extends EventType>(eventType: E, data?: E['example']): Promise<{ id: string }>
  /** Sends until nothing is due. */
  sendAll(): Promise<void>
  listMails(): Promise<MailRow[]>
  listMessages(): Promise<{ kind: string; channel: string; state: string; reason_code: string | null; failures: number; waits: number }[]>
  reset(): Promise<void>
  close(): Promise<void>
}

export async function createFixture(now = '2026-01-04T09:00:00Z'): Promise<Fixture> {
  const [database, context] = await Promise.all([createTestDatabase('notification'), buildTestContext('notification', now)])
  const { pool } = database
  const realTime = { now: new Date() }
  const realNow = () => realTime.now
  const directory: Directory = { ...knowEverybody() }
  const sender: SenderDeps = {
    queue: createMessageQueue({ pool, newId, now: () => context.clock.now(), realNow, wakeRelay: () => undefined }),
    createDirectory: () => directory,
    links: createLinks('https://alcove.example.org'),
    formatter: createFormatters(),
    from: 'Alcove <no-reply@alcove.test>',
    now: () => context.clock.now(),
    realNow,
    killPoints: context.killPoints,
    log: context.log,
    count: () => undefined,
  }
  const handlers = createHandlers({ stores: (tx) => createStores(tx, { newId, realNow }), wake: () => undefined })
  return {
    database,
    context,
    realTime,
    directory,
    sender,
    handlers,
    deliver: (eventType, data) => deliver({ pool, handlers, clock: context.clock }, eventType, data),
    async sendAll() {
      while ((await sendBatch(sender)).taken > 0);
    },
    listMails: async () => (await pool.query<MailRow>('SELECT * FROM mailbox ORDER BY seq')).rows,
    listMessages: async () => (await pool.query('SELECT kind, channel, state, reason_code, failures, waits FROM message ORDER BY id')).rows,
    async reset() {
      await pool.query('TRUNCATE message, mailbox, notification, booking, closure, operator, inbox, outbox, dead_letter, settled_dead_letter CASCADE')
      Object.assign(directory, knowEverybody())
      sender.carrier = undefined
      context.clock.set(now)
      realTime.now = new Date()
    },
    close: () => database.drop(),
  }
}

export function createTestApp(fixture: Fixture, options: { profile?: 'local' | 'cluster'; hasMailbox?: boolean } = {}) {
  const prisma = new PrismaClient({ adapter: new PrismaPg(fixture.database.pool) })
  const mailbox = options.hasMailbox === false ? undefined : createMailbox(prisma)
  return buildApp({ ...fixture.context, inbox: createInbox(prisma), mailbox, profile: options.profile ?? 'local', publicBaseUrl: 'http://localhost:4000' })
}

export function createJobDeps(fixture: Fixture) {
  const realNow = () => fixture.realTime.now
  return {
    inTransaction: createInTransaction(fixture.database.pool, { newId, realNow }),
    now: () => fixture.context.clock.now(),
    wake: () => undefined,
    leadMinutes: 60,
  }
}

/** A directory in which every id is somebody or something; the booking is as its example. */
function knowEverybody(): Directory {
  return {
    findAccount: async (id) => buildAccount({ id }),
    findPerson: async (id) => buildPerson({ id }),
    findBookingDetail: async (id) => buildDetail({ state: buildBooking({ bookingId: id, status: 'confirmed' }) }),
    findTeamInvitation: async () => ({ teamName: 'Design', expiresAt: '2026-01-19T09:00:00Z' }),
    findOneTimeToken: async (id) => ({
      purpose: 'verify-email',
      email: 'ann@example.org',
      displayName: 'Ann',
      token: `token-${id}`,
      expiresAt: '2026-01-06T09:00:00Z',
    }),
  }
}

export const unavailable = (callee: 'auth' | 'user' | 'booking') => () => Promise.reject(new DependencyError(callee, { sent: false, reason: 'open' }))

/** A carrier that only remembers. */
export function createTestCarrier(): Carrier & { sent: { to: string; messageId: string }[]; failWith?: Error } {
  return {
    sent: [],
    async send({ to }, messageId) {
      if (this.failWith) throw this.failWith
      this.sent.push({ to, messageId })
    },
    close: () => undefined,
  }
}

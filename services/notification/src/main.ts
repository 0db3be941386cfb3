import { createServiceClient } from '@alcove/client'
import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { defineKillPoints, newId, runService } from '@alcove/kit'
import { PrismaPg } from '@prisma/adapter-pg'
import { buildApp } from './app.ts'
import { createDirectory, createFindHits } from './clients/directory.ts'
import { createSmtpCarrier } from './clients/smtp.ts'
import { configSchema } from './config.ts'
import { createHandlers } from './consumers/index.ts'
import { createInbox } from './db/inbox.ts'
import { createMailbox } from './db/mailbox.ts'
import { createMessageQueue } from './db/message-queue.ts'
import { registerMessageMetrics } from './db/metrics.ts'
import { createInTransaction, createStores } from './db/stores.ts'
import { createFormatters } from './domain/format.ts'
import { createLinks } from './domain/links.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { createSender, senderKillPoints } from './jobs/send-messages.ts'
import { createSweeps } from './jobs/sweeps.ts'
import { migrations } from './migrations.ts'

const realNow = () => new Date()
defineKillPoints(senderKillPoints)

await runService({
  name: 'notification',
  configSchema,
  build({ config, log, metrics, clock, killPoints, authenticator, tracing }) {
    const pool = createPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: 'notification',
      metrics,
    })
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
    const client = createServiceClient({ self: 'notification', config, metrics, log, tracing })
    const now = () => clock.now()
    const stores = { newId, realNow }
    const handlers = createHandlers({ stores: (tx) => createStores(tx, stores), wake: () => sender.wake() })
    const events = createEventParts({ service: 'notification', pool, config, log, tracing, metrics, clock, killPoints, handlers })
    const carrier = config.SMTP_URL ? createSmtpCarrier({ url: config.SMTP_URL, from: config.MAIL_FROM }) : undefined
    const sender = createSender({
      queue: createMessageQueue({ pool, newId, now, realNow, wakeRelay: () => events.relay.wake() }),
      createDirectory: () => createDirectory(client),
      links: createLinks(config.PUBLIC_BASE_URL),
      formatter: createFormatters(),
      carrier,
      from: config.MAIL_FROM,
      now,
      realNow,
      killPoints,
      log,
      count: registerMessageMetrics(metrics, pool),
    })
    const sweeps = createSweeps({
      inTransaction: createInTransaction(pool, stores),
      now,
      wake: () => sender.wake(),
      leadMinutes: config.REMINDER_LEAD_MINUTES,
      findHits: createFindHits(client),
    })
    const jobs = createJobs({ pool, log, service: 'notification', sweeps: [...sweeps, ...events.sweeps] })
    return {
      app: buildApp({
        inbox: createInbox(prisma),
        mailbox: carrier ? undefined : createMailbox(prisma),
        profile: config.PROFILE,
        publicBaseUrl: config.PUBLIC_BASE_URL,
        log,
        authenticator,
        clock,
        version: config.SERVICE_VERSION,
        metrics,
      }),
      readiness: {
        database: async () => void (await pool.query('SELECT 1')),
        migrations: () => assertMigrated(pool, migrations),
      },
      status: async () => ({ ...(await events.status()), breakers: client.breakers() }),
      forceBreaker: client.forceBreaker,
      lifecycles: [
        ...events.lifecycles,
        sender,
        jobs,
        { name: 'clients', phase: 'adapter', stop: () => client.close() },
        { name: 'database pool', phase: 'adapter', stop: () => pool.end() },
      ],
    }
  },
})

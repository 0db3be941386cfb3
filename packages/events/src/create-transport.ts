import { createPool } from '@alcove/database'
import type { Logger } from '@alcove/kit'
import { createEmbeddedLog } from './log/embedded-log.ts'
import type { Transport } from './transport.ts'

/** What {@link createTransport} reads of the configuration. */
export interface TransportConfig {
  EVENT_TRANSPORT: string
  EVENT_LOG_DATABASE_URL?: string
}

/** The transport that the configuration names. Opens no connection yet; a send or read ends after 3 s. */
export function createTransport(config: TransportConfig, log: Pick<Logger, 'warn'>): Transport {
  if (config.EVENT_TRANSPORT !== 'embedded') throw new Error(`EVENT_TRANSPORT=${config.EVENT_TRANSPORT} is not available; use embedded`)
  if (!config.EVENT_LOG_DATABASE_URL) throw new Error('EVENT_TRANSPORT=embedded needs EVENT_LOG_DATABASE_URL')
  // The send's timeout is shorter than the relay's lease (6 s).
  const pool = createPool({ url: config.EVENT_LOG_DATABASE_URL, max: 4, statementTimeoutMs: 3000, applicationName: 'event-log' })
  return createEmbeddedLog({ pool, log })
}

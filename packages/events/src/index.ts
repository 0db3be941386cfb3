export { addAuditSourceRoute, forgetAuditSources, recordAudit, type AuditAct, type AuditValues } from './audit.ts'
export { createBroadcast, type BroadcastOptions } from './broadcast.ts'
export { createConsumer, type Consumer, type ConsumerOptions } from './consumer.ts'
export { createTransport, type TransportConfig } from './create-transport.ts'
export { addDeadLetterRoutes } from './dead-letter-routes.ts'
export { findDeadLetter, listDeadLetters, type DeadLetter } from './dead-letters.ts'
export { messageBytesMax, PoisonError, type PoisonCode } from './envelope.ts'
export {
  onEvent,
  onEvents,
  superseded,
  type EffectResult,
  type EventContext,
  type EventEffect,
  type EventsContext,
  type EventsEffect,
  type Handler,
  type HandlerOptions,
} from './handlers.ts'
export { createInbox, TransientError, type Inbox, type InboxOptions } from './inbox.ts'
export { createEmbeddedLog } from './log/embedded-log.ts'
export type { EmbeddedLogOptions } from './log/topics.ts'
export { eventsMigrations, logMigrations } from './migrations.ts'
export { createEventParts, type EventParts, type EventPartsOptions } from './parts.ts'
export { replayDeadLetters, tryDeadLetter, type ReplayMany } from './replay-many.ts'
export { discardDeadLetter, replayDeadLetter, type Actor, type DeadLetterDeps, type Replay } from './replay.ts'
export { createRelay, type Relay, type RelayOptions } from './relay.ts'
export { removeExpiredInbox, retentionSweep } from './retention.ts'
export type { BatchHandler, Delivery, Message, Subscribe, Subscription, Transport } from './transport.ts'
export { writeEvent, type WriteEvent } from './write-event.ts'

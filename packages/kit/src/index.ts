export { createApp, notePath, originalPathHeader, sendProblem, type AppOptions, type AppState } from './app.ts'
export { createAuthenticator, createConfiguredAuthenticator, type Authenticator, type AuthenticatorOptions } from './authenticator.ts'
export { bodyBytesMax, drainRequest } from './body.ts'
export { readClientAddress, resolveClientAddress } from './client-address.ts'
export { clockStalenessMs, createClock, toInstant, type Clock } from './clock.ts'
export type { BrokerConfig } from './broker-config.ts'
export { baseConfigSchema, ConfigError, loadBrokerConfig, loadConfig, serviceUrl, type BaseConfig } from './config.ts'
export { connectionIdleMs, headerBytesMax, headersMax } from './connections.ts'
export { createDeadline, deadlineMaxMs, isAdmin, isOperator, readBudgetMs, type Deadline, type Principal, type RequestContext, type Role } from './context.ts'
export { demoClockHeader, demoClockHeaders, isDemoRequest } from './demo-clock.ts'
export * from './errors.ts'
export { isRequestId, isTraceparent, newId, newTraceparent } from './ids.ts'
export {
  createCachedKeySource,
  createLocalKeySource,
  createRemoteKeySource,
  KeysUnavailableError,
  toVerifyKey,
  type KeySource,
  type PublishedKey,
  type VerifyKey,
} from './jwks.ts'
export { createKillPoints, defineKillPoints, type KillPoints } from './kill-points.ts'
export { createLogger, type Logger } from './log.ts'
export { toSafeMessage } from './log-error.ts'
export { createMetrics, readFigure, Registry } from './metrics.ts'
export { addOperation, requireVersion, type OperationAnswer, type OperationHandler, type OperationInput } from './operation.ts'
export { runChecks, type Check, type CheckResult } from './ops.ts'
export { assertOwnName } from './own-name.ts'
export { isDatabaseUnavailable, renderProblem, toProblem } from './problem.ts'
export { readSource, type Source } from './source.ts'
export { runService, type BuildContext, type Lifecycle, type ServiceDefinition, type ServiceParts } from './service.ts'
export { traceIdOf, traceparentOf, type Span, type SpanAttributes, type SpanStart, type SpanSubject, type TracedCall, type Tracing } from './tracing.ts'
export { compileBody, isDate, isDateTime } from './validation.ts'

export { DependencyError, type DependencyReason } from '@alcove/kit'
export { breakerDefaults, type BreakerSettings, type BreakerState } from './breaker.ts'
export {
  createServiceClient,
  type CallAnswer,
  type CallInput,
  type CallOptions,
  type ForwardRequest,
  type ServiceClient,
  type ServiceClientOptions,
} from './client.ts'
export { CallerGoneError, type AnswerSink } from './exchange.ts'
export { CalleeProblem } from './problem.ts'
export { marginMs, toBudgetHeader } from './time-budget.ts'

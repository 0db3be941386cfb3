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
export type { AnswerSink } from './exchange.ts'
export { CallerGoneError, CutShortError, isCalleeFault, UnsendableRequestError } from './faults.ts'
export { CalleeProblem } from './problem.ts'
export { marginMs } from './time-budget.ts'

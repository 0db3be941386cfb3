/**
 * What is done to one call: refused (nobody listens), reset (the connection breaks before the request is read), timeout (no
 * answer ever), slow, 500, answer lost after its effect, sent twice, and not sent because the breaker is open.
 */
export const faultKinds = ['refused', 'reset', 'timeout', 'slow', '500', 'answer-lost', 'duplicate', 'breaker-open'] as const
export type FaultKind = (typeof faultKinds)[number]

/** Done to the call itself as it passes; the other two are done to its way before it is made. */
export type PassingFault = Exclude<FaultKind, 'refused' | 'breaker-open'>

export const isPassing = (kind: FaultKind): kind is PassingFault => kind !== 'refused' && kind !== 'breaker-open'

/** One replay: `create/booking-payment.authorize-attempt#1/answer-lost`. */
export interface FaultCase {
  flow: string
  /** `<caller>-<callee>.<operation>#<n>`, the n-th such call of the flow. */
  call: string
  kind: FaultKind
}

export const nameCase = ({ flow, call, kind }: FaultCase): string => `${flow}/${call}/${kind}`

/** @throws {Error} when the text is none */
export function parseCase(text: string): FaultCase {
  const [flow, call, kind, ...rest] = text.split('/')
  const known = faultKinds.find((each) => each === kind)
  if (!flow || !call?.includes('#') || !known || rest.length > 0)
    throw new Error(`a case is <flow>/<caller>-<callee>.<operation>#<n>/<${faultKinds.join('|')}>, not ${text}`)
  return { flow, call, kind: known }
}

export const edgeOf = (call: string): string => call.slice(0, call.indexOf('.'))

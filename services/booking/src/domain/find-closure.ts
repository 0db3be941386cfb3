import { notFound } from '../errors.ts'
import type { CallScope, Closure, ClosureSource } from './ports.ts'

export interface FindClosureDeps {
  closures: Pick<ClosureSource, 'findClosure'>
  findKnownClosure: (id: string) => Promise<Closure | undefined>
}

/**
 * A closure as workspace has it, so that a list is right the moment after a closure was made or deleted. While workspace does
 * not answer, the one that booking has heard of serves; without that its failure is thrown. Throws `not-found`.
 */
export async function getClosure(deps: FindClosureDeps, id: string, scope: CallScope): Promise<Closure> {
  let closure: Closure | undefined
  try {
    closure = await deps.closures.findClosure(id, scope)
  } catch (error) {
    closure = await deps.findKnownClosure(id)
    if (!closure) throw error
  }
  if (!closure) throw notFound('There is no such closure.')
  return closure
}

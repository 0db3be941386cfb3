import { eventually } from '../api.ts'
import { card } from '../places.ts'
import { arm, type Armed } from './armed.ts'
import { create, reaches, read, resize, type FlowContext } from './flows.ts'

/**
 * A booking whose process died before it could ask payment: only reconciliation finds it. The point under test is armed in
 * the process that comes after.
 */
export async function dieBeforePaying(ctx: FlowContext, armNext: () => Promise<Armed>): Promise<Armed> {
  const { stack } = ctx.api
  const first = await arm(stack, 'booking', 'create.after-claim')
  const made = create(ctx, card())
  await first.survive()
  const armed = await armNext()
  const { body } = await made
  await reaches({ ...ctx, isOver: armed.isKilled }, body.id, (booking) => booking.status === 'confirmed')
  return armed
}

/**
 * A change whose process died before it could ask payment, and that expires before payment can be asked: booking then tells
 * payment to keep nothing of an attempt that payment has never seen.
 */
export async function expireChange(ctx: FlowContext, armNext: () => Promise<Armed>, advance: (seconds: number) => void): Promise<Armed> {
  const { stack } = ctx.api
  const { body } = await create(ctx, card())
  await reaches(ctx, body.id, (booking) => booking.status === 'confirmed')
  const first = await arm(stack, 'booking', 'change.after-claim')
  await stack.stop('payment')
  const changed = resize(ctx, body.id, 2, card())
  // The change is refused while payment is known to be away, so the breaker must not have noticed yet: it dies at the first try or not at all.
  await first.survive()
  advance(1200)
  await eventually('the change has expired', async () => !(await read(ctx, body.id)).body.pendingChange)
  await stack.start('payment')
  const armed = await armNext()
  await changed
  await eventually('payment is told', async () => armed.isKilled())
  return armed
}

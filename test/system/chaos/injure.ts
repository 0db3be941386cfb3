import { readState } from '../../../scripts/supervisor/state-file.ts'
import type { Stack, Target } from '../../../scripts/supervisor/types.ts'
import type { Injury } from './schedule.ts'

export type Transport = 'kafka' | 'embedded'

/** Everything that is injured, on the transport that the stack runs on. The embedded log lives in PostgreSQL: its restart is the log's. */
export function listRepertoire(transport: Transport): Pick<Injury, 'target' | 'how'>[] {
  const services = ['booking.1', 'booking.2', 'booking.3', 'payment', 'notification', 'reporting']
  return [
    ...services.flatMap((target) => [
      { target, how: 'kill' as const },
      { target, how: 'pause' as const },
    ]),
    { target: 'postgres', how: 'kill' },
    { target: 'postgres', how: 'restart' },
    ...(transport === 'kafka' ? (['kill', 'pause', 'restart'] as const).map((how) => ({ target: 'broker', how })) : []),
  ]
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** SIGKILL ends it within a statement, SIGINT is a fast shutdown; its keeper starts it again either way. */
function injurePostgres(stack: Stack, how: Injury['how']): void {
  const pid = readState(stack.dir)?.postgres?.pid
  if (pid !== undefined) process.kill(pid, how === 'kill' ? 'SIGKILL' : 'SIGINT')
}

async function injureBroker(stack: Stack, { how, forMs }: Injury): Promise<void> {
  const { broker } = stack
  if (!broker) throw new Error('this stack has no broker of its own')
  if (how === 'kill') return broker.kill()
  if (how === 'restart') {
    await broker.stop()
    return broker.start()
  }
  broker.pause()
  await delay(forMs)
  broker.resume()
}

async function injure(stack: Stack, injury: Injury): Promise<void> {
  const { target, how, forMs } = injury
  if (target === 'postgres') return injurePostgres(stack, how)
  if (target === 'broker') return injureBroker(stack, injury)
  if (how === 'kill') return stack.kill(target as Target)
  stack.pause(target as Target)
  await delay(forMs)
  stack.resume(target as Target)
}

/** Does all of a schedule at its times; settles when the last pause is over. What cannot be done is told, for the run proved less then. */
export async function injureAll(stack: Stack, injuries: readonly Injury[], onDone: (injury: Injury, error?: unknown) => void): Promise<void> {
  const startedAt = performance.now()
  const under: Promise<void>[] = []
  for (const injury of injuries) {
    await delay(Math.max(0, injury.atMs - (performance.now() - startedAt)))
    under.push(
      injure(stack, injury).then(
        () => onDone(injury),
        (error: unknown) => onDone(injury, error),
      ),
    )
  }
  await Promise.all(under)
}

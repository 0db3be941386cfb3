import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { nodeBinary } from '../supervisor/layout.ts'

type Command = (input: never) => Promise<unknown>
type Request = { id: number; name: string; input: unknown }
type Answer = { id: number; value?: unknown; error?: string }

/** In a process of the bench: carries out what {@link startProcess} sends, until told to `end`. */
export function serveCommands(commands: Record<string, Command> & { end: () => Promise<void> }): void {
  process.on('message', ({ id, name, input }: Request) => {
    commands[name]!(input as never).then(
      (value) => process.send!({ id, value } satisfies Answer, () => name === 'end' && process.exit(0)),
      (error: Error) => process.send!({ id, error: error.stack ?? error.message } satisfies Answer),
    )
  })
  // Whoever asked is gone.
  process.once('disconnect', () => process.exit(0))
}

export interface BenchProcess {
  readonly pid: number
  call<T = void>(name: string, input?: object): Promise<T>
  end(): Promise<void>
}

/** Starts a file of the bench, such as `events/producer`, as a process of its own, so that its processor time is its own. */
export function startProcess(program: string, args: readonly string[] = []): BenchProcess {
  const file = fileURLToPath(new URL(`./${program}.ts`, import.meta.url))
  const child = fork(file, args, { execPath: nodeBinary, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let last = 0
  child.on('message', ({ id, value, error }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error) call?.reject(new Error(error))
    else call?.resolve(value as never)
  })
  child.once('exit', (code) => waiting.forEach(({ reject }) => reject(new Error(`${program} ended with ${code}`))))
  const call = <T>(name: string, input: object = {}) =>
    new Promise<T>((resolve, reject) => {
      last += 1
      waiting.set(last, { resolve, reject })
      child.send({ id: last, name, input } satisfies Request)
    })
  return {
    pid: child.pid!,
    call,
    async end() {
      if (child.exitCode !== null) return
      const gone = once(child, 'exit')
      await call('end')
      await gone
    },
  }
}

/** Named places where a test may have this very process killed, to prove what survives a crash there. */
export interface KillPoints {
  /** Passes a place; when it is armed and not to be skipped, the process dies with SIGKILL before this returns. */
  reach(name: string): void
  arm(name: string, skip?: number): void
  disarm(): void
  names(): string[]
}

const registered = new Set<string>()

/** Registers the names of a service's kill points; they are listed on the operations port. */
export function defineKillPoints(names: readonly string[]): void {
  for (const name of names) registered.add(name)
}

/** Kill points of this process; `enabled: false` (everywhere but under test controls) makes `reach` do nothing. */
export function createKillPoints(options: { enabled?: boolean; kill?: () => void } = {}): KillPoints {
  const { enabled = false, kill = killSelf } = options
  const armed = new Map<string, number>()
  return {
    reach(name) {
      if (!enabled || armed.size === 0) return
      const skip = armed.get(name)
      if (skip === undefined) return
      if (skip > 0) armed.set(name, skip - 1)
      else kill()
    },
    arm(name, skip = 0) {
      if (!enabled) throw new Error('kill points need TEST_CONTROLS=on')
      armed.set(name, skip)
    },
    disarm: () => armed.clear(),
    names: () => [...registered].sort(),
  }
}

function killSelf(): void {
  process.kill(process.pid, 'SIGKILL')
  // The signal is delivered asynchronously: nothing more of this process may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

import { cpus } from 'node:os'

/** Milliseconds that the processors of this machine have idled since it started, all of them together. */
function readIdle(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0)
}

export interface GiveWayOptions {
  /** The longest to wait, in milliseconds, 0 and above; 0 waits for nothing. */
  limitMs: number
  processors?: number
  readIdle?: () => number
  now?: () => number
  sleep?: (ms: number) => Promise<void>
  /** As `Math.random`. */
  random?: () => number
}

/**
 * Waits until the machine has a processor's half to spare, and tells how many milliseconds that took. A start takes a
 * processor for a second or two; when an upgrade begins a dozen at once on a small node, that is taken from the
 * replicas that serve. Each looks by itself at what idled over half a second, and of those that see room only some
 * begin: the less room, the fewer. (decision 24)
 */
export async function giveWay(options: GiveWayOptions): Promise<number> {
  const { limitMs, processors = cpus().length, now = () => performance.now(), sleep = wait, random = Math.random } = options
  const look = options.readIdle ?? readIdle
  const wanted = Math.min(0.5, processors / 4)
  const startedAt = now()
  // The last ones do not begin at once either.
  const until = startedAt + limitMs * (0.75 + random() / 4)
  while (now() < until) {
    const idle = await measure(300 + 400 * random())
    // Who would begin looks a second time, for a moment of its own: another may have begun just now.
    if (idle >= wanted && random() < idle / 4 && (await measure(50 + 250 * random())) >= wanted) break
  }
  return now() - startedAt

  async function measure(ms: number): Promise<number> {
    const [moment, before] = [now(), look()]
    await sleep(Math.max(1, Math.min(ms, until - moment)))
    return (look() - before) / (now() - moment)
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

import { setTimeout as delay } from 'node:timers/promises'
import { call, type Answer, type CallOptions } from '../caller.ts'

const isColoured = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code: number, text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text)
const POLL_MS = 300
const LIMIT_MS = 60_000

/** Something was not as told; the tour ends there. */
export class Untrue extends Error {}

export interface Narrator {
  step(title: string): void
  say(text: string): void
  /** Says it if it holds, ends the tour otherwise. */
  check(holds: boolean, text: string, seen?: unknown): void
  /** A request through the gateway, printed with its answer's essentials. */
  ask<T>(method: string, path: string, options?: CallOptions & { note?: string }): Promise<Answer<T> & { tookMs: number }>
  /** The same without a word. */
  fetch<T>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>
  /** Looks again until there is something to show; quiet. */
  waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T>
  count(): number
}

/** Tells the tour in the terminal, and keeps within the gateway's rate limit. */
export function createNarrator(gateway: string): Narrator {
  let steps = 0
  let checks = 0
  const check: Narrator['check'] = (holds, text, seen) => {
    if (!holds) throw new Untrue(`not so: ${text}${seen === undefined ? '' : `\n   seen: ${JSON.stringify(seen)}`}`)
    checks += 1
    console.log(`   ${paint(32, '✓')} ${text}`)
  }
  const request = async <T>(method: string, path: string, options: CallOptions) => {
    for (;;) {
      const startedAt = performance.now()
      const answer = await call<T>(method, `${gateway}${path}`, options)
      if (answer.status !== 429) return { ...answer, tookMs: Math.round(performance.now() - startedAt) }
      const seconds = Number(answer.headers.get('retry-after') ?? 1)
      console.log(paint(90, `   (the gateway's rate limit asks for ${seconds} s of patience)`))
      await delay(seconds * 1000)
    }
  }
  return {
    step: (title) => {
      steps += 1
      console.log(`\n${paint(1, `${steps}. ${title}`)}`)
    },
    say: (text) => console.log(`   ${text}`),
    check,
    ask: async (method, path, { note, ...options } = {}) => {
      console.log(paint(36, `   > ${method} ${shorten(path)}${options.body === undefined ? '' : ` ${describeBody(options.body)}`}`))
      const answer = await request<never>(method, path, options)
      console.log(`   < ${paint(answer.status < 400 ? 32 : 33, String(answer.status))} in ${answer.tookMs} ms${note ? `, ${note}` : ''}`)
      return answer
    },
    fetch: (method, path, options = {}) => request<never>(method, path, options),
    waitFor: async (what, look) => {
      const deadline = performance.now() + LIMIT_MS
      while (performance.now() < deadline) {
        const found = await look()
        if (found !== undefined) return found
        await delay(POLL_MS)
      }
      throw new Untrue(`not within ${LIMIT_MS / 1000} s: ${what}`)
    },
    count: () => checks,
  }
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4})/g

/** Ids by their last four letters: a reader can tell them apart, and lines stay short. */
const shorten = (text: string) => text.replaceAll(ID, '…$1')

function describeBody(body: unknown): string {
  return shorten(JSON.stringify(body).replace(/"password":"[^"]*"/, '"password":"…"'))
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from './clock.ts'

/** `<DEMO_CLOCK_SECRET> <RFC 3339 instant>`: this request is carried out as if it were that moment. */
export const demoClockHeader = 'x-demo-clock'

interface Moment {
  offsetMs: number
  header: string
}

// One for the process, as the asynchronous context itself is: the clock, the client and the routes meet in nothing else.
const moments = new AsyncLocalStorage<Moment>()

/** A clock that tells a request of the demo its own time, and everybody else the given clock's. */
export function withDemoClock(clock: Clock): Clock {
  return {
    now() {
      const moment = moments.getStore()
      return moment ? new Date(Date.now() + moment.offsetMs) : clock.now()
    },
  }
}

/** Runs the work at the moment that a request asks for, if it knows the secret. What it starts, and what is called on its way, lives at that moment too. */
export function runAtDemoMoment(secret: string, headers: IncomingHttpHeaders, work: () => void): void {
  const moment = readMoment(secret, headers)
  if (moment) moments.run(moment, work)
  else work()
}

/** What a call to another service takes along. */
export function demoClockHeaders(): Record<string, string> | undefined {
  const moment = moments.getStore()
  return moment && { [demoClockHeader]: moment.header }
}

/** Whether a request comes from the demo's Job, which knows the secret; '' is no secret, and nobody knows it. */
export const isDemoRequest = (secret: string | undefined, headers: IncomingHttpHeaders): boolean =>
  secret !== undefined && secret !== '' && readMoment(secret, headers) !== undefined

function readMoment(secret: string, headers: IncomingHttpHeaders): Moment | undefined {
  const header = headers[demoClockHeader]
  if (typeof header !== 'string') return undefined
  const space = header.lastIndexOf(' ')
  const [given, expected] = [Buffer.from(header.slice(0, Math.max(0, space))), Buffer.from(secret)]
  const at = Date.parse(header.slice(space + 1))
  if (given.length !== expected.length || !timingSafeEqual(given, expected) || Number.isNaN(at)) return undefined
  return { offsetMs: at - Date.now(), header }
}

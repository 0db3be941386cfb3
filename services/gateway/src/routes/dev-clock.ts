import { getDevClock, resetDevClock, setDevClock } from '@alcove/contracts'
import { addOperation, malformed, toInstant } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { DevClock } from '../domain/dev-clock.ts'

const present = (offsetMs: number) => ({ now: toInstant(new Date(Date.now() + offsetMs)), offsetSeconds: offsetMs / 1000 })

/** Moves the clock of all services; registered in the local profile only. */
export const devClockRoutes = (clock: DevClock) => async (app: FastifyInstance) => {
  addOperation(app, getDevClock, async () => ({ status: 200, body: present(clock.offsetMs()) }))

  addOperation(app, setDevClock, async ({ body: { now, advanceSeconds } }) => {
    if ((now === undefined) === (advanceSeconds === undefined)) {
      throw malformed([{ pointer: '', code: 'one-of', detail: 'Give either now or advanceSeconds.' }])
    }
    const offsetMs = await clock.change((offset) => (now === undefined ? offset + advanceSeconds! * 1000 : Date.parse(now) - Date.now()))
    return { status: 200, body: present(offsetMs) }
  })

  addOperation(app, resetDevClock, async () => {
    await clock.change(() => 0)
    return { status: 204 }
  })
}

import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { demoClockHeader, loadConfig } from '@alcove/kit'
import type { Location } from '@alcove/contracts'
import Type from 'typebox'
import { seedAccounts } from './accounts.ts'
import { call, callExpecting } from './caller.ts'
import { login, welcomeMembers } from './people.ts'
import { makePlaces } from './places.ts'
import { DAYS_EACH_WAY, planBookings } from './plan.ts'
import { playApart } from './play.ts'

// `node dist/seed-demo.js` in auth's image: the demo data of a cluster. People come from auth's own program; all else is made through the gateway's
// API like anybody's, by requests that carry the moment at which they would have been made. Repeating it changes nothing.
const DAY_MS = 86_400_000
const PLACES_BEFORE_MS = (DAYS_EACH_WAY + 2) * DAY_MS

const config = loadConfig(
  Type.Object({
    GATEWAY_SERVICE_URL: Type.String({ pattern: '^https?://', default: 'http://gateway' }),
    DEMO_CLOCK_SECRET: Type.String({ minLength: 16 }),
    /** How long the whole of Alcove may take to be there. */
    DEMO_WAIT_SECONDS: Type.Integer({ minimum: 0, default: 600 }),
  }),
  process.env,
)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
const gateway = `${config.GATEWAY_SERVICE_URL.replace(/\/+$/, '')}/api`
const headersAt = (at: number) => ({ [demoClockHeader]: `${config.DEMO_CLOCK_SECRET} ${new Date(at).toISOString()}` })

await waitForAll()
say('making demo accounts')
const programs = ['./seed-accounts.js', '../../services/auth/src/seed-accounts.ts'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
await seedAccounts({ node: process.execPath, program: programs.find((path) => existsSync(path))!, env: process.env })
const operator = await login(gateway, 'operator@alcove.test', headersAt(Date.now()))
// The first run's moment is known by the places it made.
const earlier = await findFirst()
const now = earlier ? Date.parse(earlier.createdAt) + PLACES_BEFORE_MS : Math.floor(Date.now() / 1000) * 1000
say('making demo locations and spaces')
const urls = { auth: gateway, user: gateway, workspace: gateway, booking: gateway, payment: gateway }
const [tokens, places] = await Promise.all([welcomeMembers(urls, operator, headersAt(now)), makePlaces(gateway, operator, headersAt(now - PLACES_BEFORE_MS))])
const bookings = planBookings(places, now, tokens.length)
say(`making ${bookings.length} demo bookings`)
const made = await playApart({ base: gateway, tokens, headersAt }, { bookings, now, resume: earlier !== undefined })
say(`${made} of ${bookings.length} demo bookings are there`)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function waitForAll(): Promise<void> {
  const isWhole = async () => {
    const answer = await call<{ status?: string }>('GET', `${gateway}/v1/health`).catch(() => undefined)
    return answer?.body.status === 'ok'
  }
  say('waiting for Alcove')
  for (const limit = performance.now() + config.DEMO_WAIT_SECONDS * 1000; !(await isWhole()); await delay(1000)) {
    if (performance.now() > limit) throw new Error('Alcove was not whole in time')
  }
}

async function findFirst(): Promise<Location | undefined> {
  const { items } = await callExpecting<{ items: Location[] }>(200, ['GET', `${gateway}/v1/locations?limit=200`], { token: operator })
  return items.filter(({ name }) => name === 'Harbour').toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))[0]
}

import { join } from 'node:path'
import { nodeBinary, root } from '../supervisor/layout.ts'
import type { Stack } from '../supervisor/types.ts'
import { seedAccounts } from './accounts.ts'
import { login, welcomeMembers } from './people.ts'
import { makePlaces } from './places.ts'
import { DAYS_EACH_WAY, planBookings } from './plan.ts'
import { playBookings } from './play.ts'
import { readProgress, saveProgress } from './progress.ts'

const DAY_MS = 86_400_000

export interface SeedOptions {
  readonly only: 'accounts' | 'everything'
  readonly onProgress?: (line: string) => void
}

/**
 * Makes the demo data through the services' own HTTP interface, with the product clock moved back while the past is made.
 * Once only: interrupted, it goes on where it was; done, it leaves everything alone.
 */
export async function seedDemo(stack: Stack, { only, onProgress }: SeedOptions): Promise<void> {
  const progress = readProgress(stack.dir)
  if (progress.done) return
  onProgress?.('making demo accounts')
  if (only === 'everything') stack.setClockOffsetMs(progress.now - (DAYS_EACH_WAY + 2) * DAY_MS - Date.now())
  await seedAccounts({ node: nodeBinary, program: join(root, 'services/auth/src/seed-accounts.ts'), env: stack.envOf('auth') })
  const operator = await login(stack.urls.auth, 'operator@alcove.test')
  if (only === 'accounts') return void (await welcomeMembers(stack.urls, operator))
  // Written before anything depends on the moment, so that a later run plans the same.
  saveProgress(stack.dir, progress)
  onProgress?.('making demo locations and spaces')
  const [tokens, places] = await Promise.all([welcomeMembers(stack.urls, operator), makePlaces(stack.urls.workspace, operator)])
  const bookings = planBookings(places, progress.now, tokens.length)
  onProgress?.(`making ${bookings.length} demo bookings`)
  const onDone = (playedUntil: number) => saveProgress(stack.dir, { ...progress, playedUntil })
  await playBookings({ stack, base: stack.urls.booking, tokens, bookings, now: progress.now, doneUntil: progress.playedUntil, onDone })
  stack.setClockOffsetMs(0)
  saveProgress(stack.dir, { ...progress, done: true })
}

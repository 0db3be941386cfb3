import type { Location } from '@alcove/contracts'
import { send } from '../control/client.ts'
import { getNodePort, root } from '../supervisor/layout.ts'
import { bookDesk, payWithRefusedCard, repeatWithKey, tryOverlap } from './tour/book.ts'
import { bookWithoutNotification, bookWithoutPayment, cancelWithRefund } from './tour/fail.ts'
import { createNarrator, Untrue } from './tour/narrator.ts'
import { showReport } from './tour/report.ts'
import { login, type Scene } from './tour/scene.ts'

// `make demo`: a narrated run against the running stack. Everything it says it has seen; it ends with an error otherwise.
process.chdir(root)
const { portBase, clockOffsetMs } = await send('status', {})
const gateway = `http://localhost:${getNodePort('gateway') + portBase}`
const narrator = createNarrator(gateway)

async function setScene(): Promise<Scene> {
  narrator.step('Three people log in')
  const member = await login(narrator, 'member@alcove.test')
  const other = await login(narrator, 'member2@alcove.test')
  const operator = await login(narrator, 'operator@alcove.test')
  const { body } = await narrator.fetch<{ items: Location[] }>('GET', '/api/v1/locations?limit=200', { token: member })
  const location = body.items.find((item) => item.name === 'Harbour')
  if (!location) throw new Untrue('there is no location Harbour: make reset and make up bring the demo data back')
  const switchService = async (command: 'stop' | 'start', service: string) => void (await send(command, { target: service }))
  return { narrator, member, other, operator, location, now: Date.now() + clockOffsetMs, switchService }
}

async function takeTour(scene: Scene): Promise<void> {
  const booked = await bookDesk(scene)
  await showReport(scene, booked)
  await tryOverlap(scene, booked)
  await repeatWithKey(scene)
  await payWithRefusedCard(scene)
  await bookWithoutPayment(scene)
  await bookWithoutNotification(scene)
  await cancelWithRefund(scene, booked)
}

console.log(`A tour of Alcove through ${gateway}; ids are shown by their last four letters.`)
try {
  await takeTour(await setScene())
  console.log(`\nEverything above was checked: ${narrator.count()} statements, all true. Alcove is still running; look at the mails: ${gateway}/dev/mailbox`)
} catch (error) {
  console.error(`\nThe tour ends early. ${error instanceof Untrue ? error.message : String((error as Error).stack)}`)
  process.exitCode = 1
} finally {
  // Starting what runs does nothing.
  await Promise.all(['payment', 'notification'].map((target) => send('start', { target })))
}

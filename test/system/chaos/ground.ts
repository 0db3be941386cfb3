import type { Client, Session } from '../api.ts'
import { makePlace, type Place } from '../places.ts'

const placesMax = 4

/** Who storms, and where. */
export interface Ground {
  members: Session[]
  places: Place[]
  lobby: Place
}

/** Members with credits to spend, few places to meet at and one large one. */
export async function prepare(api: Client, clients: number): Promise<Ground> {
  const operator = await api.login('operator')
  const members: Session[] = []
  for (let index = 1; index <= clients; index++) {
    const member = await api.login(`member${index === 1 ? '' : index}`)
    const wallet = await member.call<{ id: string }>('GET', '/api/v1/wallets/me')
    await operator.call('POST', `/api/v1/wallets/${wallet.body.id}/grants`, { amountCredits: 10_000, reason: 'chaos' })
    members.push(member)
  }
  const places: Place[] = []
  for (let index = 0; index < placesMax; index++) places.push(await makePlace(operator, { creditsPerHour: 2, units: 2, hourMinor: index === 0 ? 0 : 1000 }))
  return { members, places, lobby: await makePlace(operator, { units: 200 }) }
}

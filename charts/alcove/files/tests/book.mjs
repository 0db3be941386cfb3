import { assert, call, check, end } from './check.mjs'

const api = 'http://gateway/api/v1'
const demo = process.env.DEMO === 'true'

await check('the gateway says that all is well', async () => {
  const { status, body } = await call('GET', `${api}/health`)
  assert(status === 200 && body.status === 'ok', `${status} ${JSON.stringify(body)}`)
})

await check('auth publishes the keys that tokens are checked with', async () => {
  const { status, body } = await call('GET', 'http://gateway/.well-known/jwks.json')
  assert(status === 200 && body.keys.length > 0 && body.keys.every((key) => key.kid && !key.d), `${status} ${JSON.stringify(body)}`)
  return `${body.keys.length} keys`
})

await check('nobody books without a token', async () => {
  const { status } = await call('POST', `${api}/bookings`, { body: {} })
  assert(status === 401, `answered ${status}`)
})

const logIn = async (email) => {
  const { status, body } = await call('POST', `${api}/auth/login`, { body: { email, password: 'alcove-demo' } })
  assert(status === 200, `login of ${email}: ${status} ${JSON.stringify(body)}`)
  return body.accessToken
}

/** A desk in the demo's first location, free for an hour some days from now, other days in every run. */
async function findSlot(token) {
  const { body: locations } = await call('GET', `${api}/locations`, { token })
  const day = new Date(Date.now() + (3 + Math.floor(Math.random() * 9)) * 86_400_000).toISOString().slice(0, 10)
  const query = new URLSearchParams({ locationId: locations.items.find(({ name }) => name === 'Harbour').id, kind: 'desk', durationMinutes: '60' })
  const { status, body } = await call('GET', `${api}/availability?${query}&from=${day}T08:00:00Z&to=${day}T18:00:00Z`, { token })
  assert(status === 200, `availability: ${status} ${JSON.stringify(body)}`)
  const free = body.items.flatMap(({ spaceId, free: slots }) => slots.map((slot) => ({ spaceId, ...slot })))
  const { spaceId, startsAt } = free[Math.floor(Math.random() * free.length)]
  return { spaceId, startsAt, endsAt: new Date(Date.parse(startsAt) + 3_600_000).toISOString().replace('.000Z', 'Z') }
}

if (demo) {
  await check('a member books a desk, a second one hears of the conflict, the first one cancels', async () => {
    const [first, second] = [await logIn('member@alcove.test'), await logIn('member2@alcove.test')]
    const slot = await findSlot(first)
    // The unit itself: a space may have several, and the second booking must want the same one.
    const booked = await call('POST', `${api}/bookings`, { token: first, body: { ...slot, payment: { method: 'card', token: 'tok_ok' } } })
    assert(booked.status === 201 && booked.body.status === 'confirmed', `booking: ${booked.status} ${JSON.stringify(booked.body)}`)
    const refused = await call('POST', `${api}/bookings`, {
      token: second,
      body: { ...slot, unitId: booked.body.unitId, payment: { method: 'card', token: 'tok_ok' } },
    })
    assert(refused.status === 409 && refused.body.type.endsWith('/slot-conflict'), `overlap: ${refused.status} ${JSON.stringify(refused.body)}`)
    const foreign = await call('GET', `${api}/bookings/${booked.body.id}`, { token: second })
    assert(foreign.status === 404, `another's booking answered ${foreign.status}`)
    const cancelled = await call('POST', `${api}/bookings/${booked.body.id}/cancel`, { token: first, body: { reason: 'helm test' } })
    assert(cancelled.status === 200 && cancelled.body.status === 'cancelled', `cancel: ${cancelled.status} ${JSON.stringify(cancelled.body)}`)
    return `${booked.body.reference}, ${refused.body.alternatives?.length ?? 0} alternatives offered`
  })
}
end()

// A steady load from inside the cluster: members book, look at and cancel at a fixed rate, whatever the answers. Prints its
// counts as one line a second and, on SIGTERM, a last one; a failed request is any that got no answer or one of 5xx.
const api = 'http://gateway/api/v1'
const rate = Number(process.env.RATE ?? 5)
const counts = { sent: 0, answered: 0, failed: 0, booked: 0, conflicts: 0, cancelled: 0, odd: 0 }
const failures = []
let open = 0
let stopping = false

async function call(method, path, { token, body, headers = {} } = {}) {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

async function request(method, path, options) {
  counts.sent += 1
  open += 1
  try {
    const answer = await call(method, path, options)
    counts.answered += 1
    if (answer.status >= 500) fail(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer
  } catch (error) {
    fail(`${method} ${path}: ${error.message} ${error.cause?.code ?? error.cause?.message ?? ''}`)
    return undefined
  } finally {
    open -= 1
  }
}

function fail(what) {
  counts.failed += 1
  if (failures.length < 20) failures.push(`${new Date().toISOString()} ${what}`)
}

const report = (final) => console.log(JSON.stringify({ ...counts, open, final, failures }))

/** Sets up until it works: the load begins when Alcove is ready, not before. */
async function begin() {
  for (;;) {
    try {
      const logins = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          call('POST', '/auth/login', { body: { email: `member${n === 0 ? '' : n + 1}@alcove.test`, password: 'alcove-demo' } }),
        ),
      )
      const tokens = logins.map(({ body }) => body.accessToken)
      const { body } = await call('GET', '/spaces?limit=200', { token: tokens[0] })
      const desks = body.items.filter(({ kind, status }) => kind === 'desk' && status === 'active')
      if (tokens.every(Boolean) && desks.length > 0) return { tokens, desks }
    } catch {
      // Asked again below.
    }
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

const pick = (list) => list[Math.floor(Math.random() * list.length)]

async function act({ tokens, desks }) {
  const token = pick(tokens)
  const startsAt = new Date(
    Math.ceil(Date.now() / 3_600_000) * 3_600_000 + (24 * (1 + Math.floor(Math.random() * 12)) + Math.floor(Math.random() * 24)) * 3_600_000,
  )
  const body = {
    spaceId: pick(desks).id,
    startsAt: startsAt.toISOString().replace('.000Z', 'Z'),
    endsAt: new Date(startsAt.getTime() + 3_600_000).toISOString().replace('.000Z', 'Z'),
    payment: { method: 'card', token: 'tok_ok' },
  }
  const booked = await request('POST', '/bookings', { token, body, headers: { 'idempotency-key': crypto.randomUUID() } })
  if (!booked) return
  if (booked.status === 409 || booked.status === 422) counts.conflicts += 1
  else if (booked.status === 201 || booked.status === 202) {
    counts.booked += 1
    if (Math.random() < 0.5) return
    await request('GET', `/bookings/${booked.body.id}`, { token })
    const cancelled = await request('POST', `/bookings/${booked.body.id}/cancel`, { token, body: {} })
    if (cancelled?.status === 200) counts.cancelled += 1
  } else if (booked.status < 500) {
    counts.odd += 1
    if (failures.length < 20) failures.push(`odd: ${booked.status} ${JSON.stringify(booked.body)}`)
  }
}

process.on('SIGTERM', () => {
  stopping = true
})
const world = await begin()
setInterval(() => report(false), 1000)
const pace = setInterval(() => (stopping ? clearInterval(pace) : void act(world)), 1000 / rate)
while (!stopping || open > 0) await new Promise((resolve) => setTimeout(resolve, 100))
report(true)
process.exit(0)

import { readFileSync } from 'node:fs'
import { assert, call, check, end } from './check.mjs'

/** Says how a connection ended: refused and unanswered both mean that nobody got through. */
async function reach(host, port = 8080) {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 4000 })
    const settle = (outcome) => {
      socket.destroy()
      resolve(outcome)
    }
    socket
      .on('connect', () => settle('connected'))
      .on('timeout', () => settle('no answer'))
      .on('error', (error) => settle(error.code))
  })
}

const token = (audience) => readFileSync(`/var/run/secrets/test/${audience}`, 'utf8').trim()
const knock = (service, audience) =>
  call('GET', `http://${service}/internal/status`, { headers: audience ? { 'x-service-authorization': `Bearer ${token(audience)}` } : {} })

if (process.env.ROLE === 'payment') {
  // This pod looks like payment to every policy: payment calls nobody, and checks tokens with auth's keys.
  await check('a declared way is open: payment reaches auth', async () => {
    const outcome = await reach('auth', 80)
    assert(outcome === 'connected', outcome)
  })
  for (const callee of ['booking', 'user', 'workspace', 'gateway']) {
    if (callee === 'gateway' && process.env.EDGE_OPEN === 'true') continue
    await check(`an undeclared way is closed by policy: payment does not reach ${callee}`, async () => {
      const outcome = await reach(callee, 80)
      assert(outcome !== 'connected', 'it was connected')
      return outcome
    })
  }
} else {
  // This pod has gateway's ways and payment's identity: policies let it through, tokens must not.
  await check('a service that the graph does not list is refused by its token', async () => {
    const { status } = await knock('booking', 'booking')
    assert(status === 403, `answered ${status}`)
  })
  await check('a token made for another service is refused', async () => {
    const { status } = await knock('booking', 'workspace')
    assert(status === 401, `answered ${status}`)
  })
  await check('no token is refused', async () => {
    const { status } = await knock('booking')
    assert(status === 401, `answered ${status}`)
  })
}
end()

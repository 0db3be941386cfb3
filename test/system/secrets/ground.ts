import type { ServiceName } from '@alcove/contracts'
import { startOtlpReceiver, type OtlpReceiver } from '@alcove/testing'
import { startStack } from '../../../scripts/supervisor/stack.ts'
import { connect, eventually, type Answer, type Api, type Session } from '../api.ts'
import { query } from '../databases.ts'
import { makePlace, type Place } from '../places.ts'
import { createVault, keepCredentials, type Vault } from './vault.ts'

/** A stack that says as much as it can, and somebody who remembers every secret that is used on it. */
export interface Ground {
  vault: Vault
  receiver: OtlpReceiver
  api: Api
  operator: Session
  admin: Session
  /** A room, so that guests have seats. */
  place: Place
  /** A request of nobody, from the network address that the vault knows. */
  post(path: string, body: unknown): Promise<Answer>
  logIn(email: string, password: string): Promise<Session>
  /** The one-time token in the mail to an address whose link leads to `page`. */
  readMailedToken(to: string, page: string): Promise<string>
  close(): Promise<void>
}

export async function startGround(): Promise<Ground> {
  const vault = createVault()
  const receiver = await startOtlpReceiver()
  const env = { RATE_LIMITS: 'off', LOG_LEVEL: 'trace', TRUSTED_PROXY_HOPS: '1', ...receiver.env }
  const api = connect(await startStack({ demo: 'accounts', env, testControls: true }))
  const from = { 'x-forwarded-for': vault.keep('network address of a client', '203.0.113.77') }
  keepCredentials(vault, api.stack)
  vault.keep('password of the demo', 'alcove-demo')

  const keepSession = (who: string, session: Session): Session => {
    vault.keep(`access token of ${who}`, session.token)
    vault.keep(`refresh token of ${who}`, session.refreshToken)
    const call: Session['call'] = (method, path, body, headers) => api.call(method, path, { token: session.token, body, headers: { ...from, ...headers } })
    return { ...session, call }
  }
  const post: Ground['post'] = (path, body) => api.call('POST', `/api/v1${path}`, { body, headers: from })
  const [operator, admin] = await Promise.all(['operator', 'admin'].map(async (name) => keepSession(name, await api.login(name))))
  for (const name of ['operator', 'admin']) vault.keep(`e-mail address of ${name}`, `${name}@alcove.test`)
  return {
    vault,
    receiver,
    api,
    operator: operator!,
    admin: admin!,
    place: await makePlace(operator!, { kind: 'room', capacity: 4 }),
    post,
    async logIn(email, password) {
      const answer = await post('/auth/login', { email, password })
      if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`)
      const { accessToken: token, refreshToken } = answer.body as { accessToken: string; refreshToken: string }
      const { sub: userId } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string }
      return keepSession('the member', { token, refreshToken, userId, call: operator!.call })
    },
    async readMailedToken(to, page) {
      const text = await eventually(`a mail that leads to ${page}`, async () => {
        const box = await api.call<{ items: { to: string; text: string }[] }>('GET', '/dev/mailbox?limit=50')
        return box.body.items.find((item) => item.to === to && item.text.includes(`/${page}#token=`))?.text
      })
      return vault.keep(`token mailed for ${page}`, decodeURIComponent(new RegExp(`/${page}#token=([^\\s"&]+)`).exec(text)![1]!))
    },
    async close() {
      await api.close()
      await api.stack.down()
      await receiver.close()
    },
  }
}

/** While `work` runs, every write to the table fails, and PostgreSQL shows the whole row in what it says about it. */
export async function whileRefusing<T>(api: Api, [database, table]: readonly [ServiceName, string], work: () => Promise<T>): Promise<T> {
  await query(api.stack, database, `ALTER TABLE ${table} ADD CONSTRAINT refuse_${table} CHECK (false) NOT VALID`)
  try {
    return await work()
  } finally {
    await query(api.stack, database, `ALTER TABLE ${table} DROP CONSTRAINT refuse_${table}`)
  }
}

/** Waits until a service has told that its database refused a row of the table. */
export function untilToldOf(api: Api, [service, table]: readonly [ServiceName, string]): Promise<boolean> {
  return eventually(`the log of ${service} tells of refuse_${table}`, async () => api.stack.logs(service).includes(`refuse_${table}`))
}

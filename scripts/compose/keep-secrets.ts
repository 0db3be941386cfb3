import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ServiceNode } from '@alcove/graph'
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose'

/** Who signs service tokens where compose.yaml runs Alcove. */
export const composeTokenIssuer = 'https://tokens.alcove.internal'
/** Seconds for which a service token is good; they are renewed at half of it. */
export const TOKEN_SECONDS = 3600
const KEY_ID = 'compose-issuer'
// Each volume is mounted only where its content may be read, by containers of different users.
const PUBLIC_MODE = 0o444

interface State {
  readonly issuerKey: JWK
  readonly values: Record<string, string>
}

/** Where the secrets lie, and for which installation. */
export interface SecretsOptions {
  /** Directory with one folder (volume) for each service, `postgresql` and `issuer`. */
  readonly directory: string
  /** PostgreSQL's `host:port`. */
  readonly databaseAddress: string
  readonly graph: readonly ServiceNode[]
}

/**
 * Writes what every container needs of secrets into its own folder. Values are made once and kept in `issuer/state.json`; repeating it changes nothing but
 * empties the demo's clock secret, which only {@link writeDemoClock} fills.
 */
export async function writeSecrets({ directory, databaseAddress, graph }: SecretsOptions): Promise<void> {
  const state = await openState(directory)
  const put = (...[folder, file, text]: [string, string, string]) => replaceFile(join(directory, folder, file), text)
  const url = (role: string) => `postgres://${role}:${keep(directory, state, `database-${role}`)}@${databaseAddress}/${role}`
  put('postgresql', 'admin-url', url('postgres'))
  put('postgresql', 'event-log-url', url('event_log'))
  put('postgresql', 'password', keep(directory, state, 'database-postgres'))
  for (const { name, database, produces, consumes } of graph) {
    put(name, 'demo-clock', '')
    if (database) put(name, 'database-url', url(name))
    if (produces !== null || Object.keys(consumes).length > 0) put(name, 'event-log-url', url('event_log'))
  }
  const { d: _private, ...publicKey } = state.issuerKey
  put('auth', 'service-jwks.json', JSON.stringify({ keys: [publicKey] }))
  put('auth', 'signing-key', Buffer.from(keep(directory, state, 'signing-key'), 'base64url').toString('base64'))
  put('auth', 'admin-password', keep(directory, state, 'admin-password'))
  await writeTokens({ directory, graph })
}

/** Lets the demo's program act in the past: one secret for every service, the same each time, for services read it only when they start. */
export async function writeDemoClock({ directory, graph }: Pick<SecretsOptions, 'directory' | 'graph'>): Promise<void> {
  const secret = keep(directory, await openState(directory), 'demo-clock')
  for (const { name } of graph) replaceFile(join(directory, name, 'demo-clock'), secret)
}

/** Writes a new token for every call that the graph declares. */
export async function writeTokens({ directory, graph }: Pick<SecretsOptions, 'directory' | 'graph'>): Promise<void> {
  const key = await importJWK((await openState(directory)).issuerKey, 'ES256')
  for (const { name, calls } of graph) {
    for (const callee of calls) {
      const token = new SignJWT().setProtectedHeader({ alg: 'ES256', kid: KEY_ID }).setIssuer(composeTokenIssuer).setAudience(callee).setIssuedAt()
      const signed = await token.setSubject(`system:serviceaccount:alcove:${name}`).setExpirationTime(`${TOKEN_SECONDS}s`).sign(key)
      replaceFile(join(directory, name, 'tokens', callee), signed)
    }
  }
}

const stateFile = (directory: string) => join(directory, 'issuer/state.json')

async function openState(directory: string): Promise<State> {
  if (existsSync(stateFile(directory))) return JSON.parse(readFileSync(stateFile(directory), 'utf8')) as State
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const state = { issuerKey: { ...(await exportJWK(privateKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' }, values: {} }
  save(directory, state)
  return state
}

/** Made at the first ask and the same ever after: 32 random bytes in base64url. */
function keep(directory: string, state: State, name: string): string {
  if (state.values[name] === undefined) {
    state.values[name] = randomBytes(32).toString('base64url')
    // Before anybody uses it: a password that PostgreSQL has and nobody else would be lost.
    save(directory, state)
  }
  return state.values[name]
}

const save = (directory: string, state: State) => replaceFile(stateFile(directory), JSON.stringify(state), 0o600)

/** Readers see the old content or the new, never half of it. */
function replaceFile(file: string, text: string, mode = PUBLIC_MODE): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  // Left by a process that was ended in between; it may not be writable.
  if (existsSync(`${file}.new`)) chmodSync(`${file}.new`, 0o600)
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  chmodSync(`${file}.new`, mode)
  renameSync(`${file}.new`, file)
}

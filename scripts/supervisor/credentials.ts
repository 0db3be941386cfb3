import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@alcove/contracts'
import { graph } from '@alcove/graph'
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose'
import type { Layout } from './layout.ts'
import { replaceFile } from './replace-file.ts'

const TOKEN_SECONDS = 3600
const KEY_ID = 'development-issuer'
/** Who signs service tokens in the local profile; in a cluster it is the API server. */
export const serviceTokenIssuer = 'https://development-issuer.alcove.test'

interface Secrets {
  readonly issuerKey: JWK
  readonly databasePasswords: Record<string, string>
  readonly random: Record<string, string>
}

export interface Credentials {
  /** Made at the first ask, the same ever after. */
  databasePassword(role: string): string
  /** 32 random bytes in base64, likewise. */
  secret(name: string): string
  signServiceToken(caller: ServiceName, callee: ServiceName): Promise<string>
  /** Writes a token for every call that the graph declares. */
  writeTokens(): Promise<void>
  /** Renews them at half life, also when this machine slept meanwhile. */
  startRenewing(): () => void
}

/** The secrets of one stack, kept in its directory and readable by its owner only. */
export async function openCredentials(layout: Layout): Promise<Credentials> {
  const file = join(layout.dir, 'secrets.json')
  const secrets: Secrets = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Secrets)
    : { issuerKey: await makeIssuerKey(), databasePasswords: {}, random: {} }
  const key = await importJWK(secrets.issuerKey, 'ES256')
  const save = () => replaceFile(file, JSON.stringify(secrets, null, 2))
  save()
  replaceFile(layout.serviceJwksFile, JSON.stringify({ keys: [toPublic(secrets.issuerKey)] }))
  let writtenAt = 0

  const keep = (values: Record<string, string>, name: string, encoding: 'base64' | 'base64url') => {
    if (values[name] === undefined) {
      values[name] = randomBytes(32).toString(encoding)
      save()
    }
    return values[name]
  }
  const sign = (caller: ServiceName, callee: ServiceName) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: KEY_ID })
      .setIssuer(serviceTokenIssuer)
      .setSubject(`system:serviceaccount:alcove:${caller}`)
      .setAudience(callee)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_SECONDS}s`)
      .sign(key)
  const writeTokens = async () => {
    writtenAt = Date.now()
    for (const node of graph) {
      mkdirSync(layout.tokenDir(node.name as ServiceName), { recursive: true, mode: 0o700 })
      for (const callee of node.calls) {
        replaceFile(join(layout.tokenDir(node.name as ServiceName), callee), await sign(node.name as ServiceName, callee as ServiceName))
      }
    }
  }

  return {
    databasePassword: (role) => keep(secrets.databasePasswords, role, 'base64url'),
    secret: (name) => keep(secrets.random, name, 'base64'),
    signServiceToken: sign,
    writeTokens,
    startRenewing: () => {
      const timer = setInterval(() => {
        if (Date.now() - writtenAt > (TOKEN_SECONDS * 1000) / 2) void writeTokens()
      }, 10_000)
      timer.unref()
      return () => clearInterval(timer)
    },
  }
}

async function makeIssuerKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' }
}

const toPublic = ({ d: _private, ...rest }: JWK): JWK => rest

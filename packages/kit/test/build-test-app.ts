import type { Operation } from '@alcove/contracts'
import type { FastifyInstance } from 'fastify'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose'
import { addOperation, createApp, createAuthenticator, createLocalKeySource, createLogger, Registry, type OperationHandler } from '../src/index.ts'

export const issuer = 'http://auth'
export const serviceIssuer = 'https://issuer.test'
const pair = await generateKeyPair('ES256', { extractable: true })
export const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }
export const userId = '01890000-0000-7000-8000-000000000001'

/** A signed token; `payload` replaces claims, `header` the protected header. */
export async function sign(payload: JWTPayload = {}, options: { key?: CryptoKey; kid?: string } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer, aud: 'alcove', sub: userId, sid: 's1', roles: ['member'], iat: now - 1, exp: now + 900, ...payload }
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: options.kid ?? 'k1' }).sign(options.key ?? pair.privateKey)
}

export const signService = (caller: string, payload: JWTPayload = {}) =>
  sign({ iss: serviceIssuer, aud: 'workspace', sub: `system:serviceaccount:alcove:${caller}`, ...payload })

export const testAuthenticator = (metrics?: Registry) =>
  createAuthenticator({
    service: 'workspace',
    metrics,
    userTokenIssuer: issuer,
    serviceTokenIssuer: serviceIssuer,
    serviceTokenNamespace: 'alcove',
    userKeys: createLocalKeySource({ keys: [publicJwk] }),
    serviceKeys: createLocalKeySource({ keys: [publicJwk] }),
  })

/** An application of service `workspace`; what it logs is collected in `lines`. */
export function buildTestApp(lines: string[] = [], metrics = new Registry()): FastifyInstance {
  return createApp({
    service: 'workspace',
    log: createLogger({ service: 'workspace', level: 'info', destination: { write: (line) => void lines.push(line) } }),
    authenticator: testAuthenticator(metrics),
    clock: { now: () => new Date('2026-03-01T10:00:00.500Z') },
    version: '1.2.3',
    metrics,
  })
}

/** An application with one operation. */
export function buildAppWith<const O extends Operation, S extends number>(
  operation: O,
  handler: OperationHandler<O, S>,
  lines: string[] = [],
): FastifyInstance {
  const app = buildTestApp(lines)
  addOperation(app, operation, handler)
  return app
}

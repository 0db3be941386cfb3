import { randomUUID } from 'node:crypto'
import type { ServiceName } from '@alcove/contracts'
import { createAuthenticator, createLocalKeySource, newId, type Authenticator, type AuthenticatorOptions, type Role } from '@alcove/kit'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'

const USER_ISSUER = 'http://auth'
const SERVICE_ISSUER = 'https://issuer.test'

/** Good tokens by default; every claim can be made wrong. */
export interface TestTokens {
  /** Judges these tokens as the given service does in production; no HTTP. */
  authenticator: Authenticator
  /** What an authenticator needs to trust these tokens of services, beside people's from elsewhere. */
  serviceTrust: Pick<AuthenticatorOptions, 'service' | 'serviceTokenIssuer' | 'serviceTokenNamespace' | 'serviceKeys'>
  userToken(claims?: {
    userId?: string
    roles?: Role[]
    sessionId?: string
    accountVersion?: number
    expiresInSeconds?: number
    audience?: string
    issuer?: string
  }): Promise<string>
  serviceToken(caller: ServiceName, audience?: string, expiresInSeconds?: number): Promise<string>
  /** Headers of a request by a person. */
  as(roles: Role[], userId?: string): Promise<{ authorization: string }>
  /** Headers of a request by a service. */
  asService(caller: ServiceName): Promise<{ 'x-service-authorization': string; 'x-service-name': string }>
}

interface Signer {
  key: CryptoKey
  jwk: JWK
}

async function createSigner(): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const kid = randomUUID()
  return { key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

/** Tokens signed by keys of their own, and the authenticator of a service that trusts these keys. */
export async function buildTestTokens(service: ServiceName): Promise<TestTokens> {
  const [people, services] = await Promise.all([createSigner(), createSigner()])
  const sign = (signer: Signer, claims: Record<string, unknown>, options: { issuer: string; audience: string; subject: string; expiresInSeconds: number }) => {
    // Tokens use real time, whatever the product's clock says.
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: signer.jwk.kid })
      .setIssuer(options.issuer)
      .setAudience(options.audience)
      .setSubject(options.subject)
      .setIssuedAt(Math.min(now, now + options.expiresInSeconds - 1))
      .setExpirationTime(now + options.expiresInSeconds)
      .setJti(newId())
      .sign(signer.key)
  }
  const serviceKeys = createLocalKeySource({ keys: [services.jwk] })
  const serviceTrust = { service, serviceTokenIssuer: SERVICE_ISSUER, serviceTokenNamespace: 'alcove', serviceKeys }
  const userKeys = createLocalKeySource({ keys: [people.jwk] })
  const tokens: TestTokens = {
    authenticator: createAuthenticator({ userTokenIssuer: USER_ISSUER, userKeys, ...serviceTrust }),
    serviceTrust,
    userToken: ({
      userId = newId(),
      roles = ['member'],
      sessionId = newId(),
      accountVersion,
      expiresInSeconds = 900,
      audience = 'alcove',
      issuer = USER_ISSUER,
    } = {}) => sign(people, { roles, sid: sessionId, ver: accountVersion }, { issuer, audience, subject: userId, expiresInSeconds }),
    serviceToken: (caller, audience = service, expiresInSeconds = 600) =>
      sign(services, {}, { issuer: SERVICE_ISSUER, audience, subject: `system:serviceaccount:alcove:${caller}`, expiresInSeconds }),
    as: async (roles, userId) => ({ authorization: `Bearer ${await tokens.userToken({ roles, userId })}` }),
    asService: async (caller) => ({ 'x-service-authorization': `Bearer ${await tokens.serviceToken(caller)}`, 'x-service-name': caller }),
  }
  return tokens
}

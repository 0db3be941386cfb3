import type { FastifyInstance } from 'fastify'
import type { IssueAccessToken } from '../domain/ports.ts'
import { accessTokenTtlSeconds } from '../domain/session.ts'
import type { KeyRing } from './key-ring.ts'

export interface TokenIssuerOptions {
  readonly keyRing: Pick<KeyRing, 'findSigner'>
  readonly userTokenIssuer: string
  readonly newId: () => string
}

/** Signs people's access tokens through the application's `@fastify/jwt`, with the key that is current at the moment of issue. */
export function createTokenIssuer(app: FastifyInstance, options: TokenIssuerOptions): IssueAccessToken {
  const { keyRing, userTokenIssuer, newId } = options
  return async ({ userId, sessionId, roles, accountVersion }, at) => {
    const { kid, privateKey } = await keyRing.findSigner(at)
    const issuedAt = Math.floor(at.getTime() / 1000)
    const claims = {
      iss: userTokenIssuer,
      aud: 'alcove',
      sub: userId,
      sid: sessionId,
      roles,
      ver: accountVersion,
      iat: issuedAt,
      exp: issuedAt + accessTokenTtlSeconds,
      jti: newId(),
    }
    return app.jwt.people.sign(claims, { algorithm: 'ES256', kid, key: privateKey })
  }
}

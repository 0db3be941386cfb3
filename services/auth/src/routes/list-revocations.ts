import { listRevocations } from '@alcove/contracts'
import { addOperation, toInstant } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { accessTokenTtlSeconds, after } from '../domain/session.ts'

/** Beyond a token's life: for clocks that differ and for the time the answer is on its way. */
const marginSeconds = 300

export const listRevocationsRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, listRevocations, async () => {
    const since = after(deps.now(), -accessTokenTtlSeconds - marginSeconds)
    const [revoked, roleChanges] = await Promise.all([deps.sessions.listRevoked(since), deps.sessions.listRoleChanges(since)])
    return { status: 200, body: { items: revoked.map((item) => ({ ...item, revokedAt: toInstant(item.revokedAt) })), roleChanges } }
  })
}

import { getJwks } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'

export const getJwksRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, getJwks, async () => ({
    status: 200,
    body: { keys: await deps.keyRing.listPublicKeys() },
    headers: { 'cache-control': 'public, max-age=300' },
  }))
}

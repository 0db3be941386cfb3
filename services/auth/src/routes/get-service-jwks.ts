import { getServiceJwks } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { serviceKeysNotFound, serviceKeysUnavailable } from '../errors.ts'

export const getServiceJwksRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, getServiceJwks, async () => {
    const keys = await deps.readServiceKeys().catch((error: unknown) => {
      throw serviceKeysUnavailable(error)
    })
    if (!keys) throw serviceKeysNotFound()
    return { status: 200, body: keys, headers: { 'cache-control': 'no-cache' } }
  })
}

import { updateMe } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { getFullUser } from '../domain/get-user.ts'
import { toProfileChange, updateProfile } from '../domain/update-profile.ts'
import { presentUser } from '../presenters.ts'

export const updateMeRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, updateMe, async ({ body }, ctx) => {
    const { userId } = ctx.principal
    const change = toProfileChange(body)
    // auth is asked first: without it the answer could not be given, so nothing is changed either.
    const { account } = await getFullUser(deps, deps.accountsFor(ctx), userId)
    const person = await updateProfile(deps, { userId, change, traceparent: ctx.traceparent })
    return { status: 200, body: presentUser({ account, person }) }
  })
}

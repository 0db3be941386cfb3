import { retireUnits } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { parseInstant } from '../domain/instants.ts'

export interface RetireUnitsDeps {
  retireUnits: (spaces: readonly { spaceId: string; nextRevision: number; unitIds: string[] | null }[], at: Date, now: Date) => Promise<boolean>
  now: () => Date
}

export const retireUnitsRoute = (deps: RetireUnitsDeps) => async (app: FastifyInstance) => {
  addOperation(app, retireUnits, async ({ body }) => ({ status: 200, body: { inUse: await deps.retireUnits(body.spaces, parseInstant(body.at), deps.now()) } }))
}

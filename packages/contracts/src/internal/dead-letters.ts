import Type, { type Static } from 'typebox'
import { DeadLetterDetailSchema, DeadLetterSchema, JsonPatchSchema, replayMembers, ReplayResultSchema } from '../admin/dead-letters.ts'
import { defineOperation, type Operation } from '../operation.ts'
import { closed, IdParamsSchema, IdSchema, nullable } from '../primitives.ts'
import { consumingServices, type ConsumingService } from '../services.ts'

const path = '/internal/dead-letters'

/** Newest first, older than `before`. */
export function listOwnDeadLetters(service: ConsumingService) {
  return defineOperation({
    id: `list-${service}-dead-letters`,
    service,
    method: 'GET',
    path,
    summary: 'Dead letters of this consumer',
    access: 'service',
    query: closed({
      type: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      before: Type.Optional(IdSchema),
      // One more than the longest page: it tells whether there is another.
      limit: Type.Integer({ minimum: 1, maximum: 201, default: 50 }),
    }),
    responses: { 200: Type.Object({ items: Type.Array(DeadLetterSchema) }) },
  })
}

export function getOwnDeadLetter(service: ConsumingService) {
  return defineOperation({
    id: `get-${service}-dead-letter`,
    service,
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'A dead letter of this consumer',
    access: 'service',
    params: IdParamsSchema,
    responses: { 200: DeadLetterDetailSchema },
  })
}

/** What became of each letter that was tried; `nextAfter`: continue behind this one, null: there is none left. */
export const ReplayReportSchema = Type.Object({ items: Type.Array(ReplayResultSchema), nextAfter: nullable(IdSchema) })
export type ReplayReport = Static<typeof ReplayReportSchema>

/** Oldest first, behind `after`, for some seconds at most. 409 `illegal-transition` while the consumer is failing. */
export function replayOwnDeadLetters(service: ConsumingService) {
  return defineOperation({
    id: `replay-${service}-dead-letters`,
    service,
    method: 'POST',
    path: `${path}/replay`,
    summary: 'Replay dead letters of this consumer',
    access: 'service',
    body: closed({
      ...replayMembers,
      type: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      after: Type.Optional(IdSchema),
      actorUserId: IdSchema,
    }),
    responses: { 200: ReplayReportSchema },
    problems: ['illegal-transition'],
  })
}

export function replayOwnDeadLetter(service: ConsumingService) {
  return defineOperation({
    id: `replay-${service}-dead-letter`,
    service,
    method: 'POST',
    path: `${path}/{id}/replay`,
    summary: 'Replay a dead letter of this consumer',
    access: 'service',
    params: IdParamsSchema,
    body: closed({ transform: Type.Optional(JsonPatchSchema), dryRun: Type.Optional(Type.Boolean()), actorUserId: IdSchema }),
    responses: { 200: ReplayResultSchema },
    problems: ['illegal-transition'],
  })
}

export function discardOwnDeadLetter(service: ConsumingService) {
  return defineOperation({
    id: `discard-${service}-dead-letter`,
    service,
    method: 'POST',
    path: `${path}/{id}/discard`,
    summary: 'Discard a dead letter of this consumer',
    access: 'service',
    params: IdParamsSchema,
    body: closed({ actorUserId: IdSchema }),
    responses: { 204: null },
  })
}

/** The same five in every consuming service, mounted by the events package; their only caller is admin. */
export const deadLetterOperations: readonly Operation[] = consumingServices.flatMap((service) =>
  [listOwnDeadLetters, getOwnDeadLetter, replayOwnDeadLetters, replayOwnDeadLetter, discardOwnDeadLetter].map((define) => define(service)),
)

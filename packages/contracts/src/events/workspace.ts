import Type from 'typebox'
import { CurrencySchema, IdSchema, InstantSchema, nullable } from '../primitives.ts'
import { defineEvent } from './event.ts'

const version = Type.Integer({ minimum: 1 })
const locationId = '01890000-0000-7000-8000-000000000010'
const spaceId = '01890000-0000-7000-8000-000000000011'

/** Opening hours as the API writes them: `closes` at or before `opens` means the next day, `24:00` allowed. */
export const OpeningHoursSchema = Type.Object({
  weekly: Type.Array(Type.Object({ weekday: Type.Integer({ minimum: 1, maximum: 7 }), opens: Type.String(), closes: Type.String() })),
  exceptions: Type.Array(Type.Object({ date: Type.String(), periods: Type.Array(Type.Object({ opens: Type.String(), closes: Type.String() })) })),
})
const LocationState = Type.Object({
  locationId: IdSchema,
  version,
  name: Type.String(),
  timeZone: Type.String(),
  address: Type.String(),
  currency: CurrencySchema,
  taxRatePercent: Type.Number(),
  status: Type.Enum(['active', 'archived']),
  openingHours: OpeningHoursSchema,
  weekStartsOn: Type.Integer({ minimum: 1, maximum: 7 }),
})
const location = {
  locationId,
  version: 1,
  name: 'Harbour',
  timeZone: 'Europe/London',
  address: '1 Quay Street, London',
  currency: 'GBP',
  taxRatePercent: 20,
  status: 'active' as const,
  openingHours: { weekly: [], exceptions: [] },
  weekStartsOn: 1,
}
export const locationCreated = defineEvent({ topic: 'workspace', type: 'workspace.location-created.v1', data: LocationState, example: location })
export const locationUpdated = defineEvent({
  topic: 'workspace',
  type: 'workspace.location-updated.v1',
  data: LocationState,
  example: { ...location, version: 2 },
})
export const locationArchived = defineEvent({
  topic: 'workspace',
  type: 'workspace.location-archived.v1',
  data: LocationState,
  example: { ...location, version: 3, status: 'archived' },
})

const SpaceState = Type.Object({
  spaceId: IdSchema,
  version,
  locationId: IdSchema,
  name: Type.String(),
  kind: Type.Enum(['desk', 'room', 'office', 'equipment']),
  capacity: Type.Integer({ minimum: 1 }),
  status: Type.Enum(['active', 'disabled', 'archived']),
  /** Raised by every change that claims must know: units, buffers, status. */
  revision: Type.Integer({ minimum: 1 }),
  amenities: Type.Array(Type.String()),
  bufferBeforeMinutes: Type.Integer({ minimum: 0 }),
  bufferAfterMinutes: Type.Integer({ minimum: 0 }),
  policyId: nullable(IdSchema),
  priceBookId: nullable(IdSchema),
  floor: nullable(Type.Union([Type.String(), Type.Integer()])),
  units: Type.Array(Type.Object({ unitId: IdSchema, status: Type.Enum(['active', 'disabled']) })),
})
const space = {
  spaceId,
  version: 1,
  locationId,
  name: 'Window desks',
  kind: 'desk' as const,
  capacity: 1,
  status: 'active' as const,
  revision: 1,
  amenities: ['monitor'],
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  policyId: '01890000-0000-7000-8000-000000000014',
  priceBookId: '01890000-0000-7000-8000-000000000015',
  floor: '2',
  units: [{ unitId: '01890000-0000-7000-8000-000000000012', status: 'active' as const }],
}
export const spaceCreated = defineEvent({ topic: 'workspace', type: 'workspace.space-created.v1', data: SpaceState, example: space })
export const spaceUpdated = defineEvent({
  topic: 'workspace',
  type: 'workspace.space-updated.v1',
  data: SpaceState,
  example: { ...space, version: 2, revision: 2 },
})
export const spaceArchived = defineEvent({
  topic: 'workspace',
  type: 'workspace.space-archived.v1',
  data: SpaceState,
  example: { ...space, version: 3, revision: 3, status: 'archived' },
})

/** `spaceIds` null: the whole location. The reason is free text and is asked of workspace when shown. */
const ClosureState = Type.Object({
  closureId: IdSchema,
  version,
  locationId: IdSchema,
  spaceIds: nullable(Type.Array(IdSchema)),
  startsAt: InstantSchema,
  endsAt: InstantSchema,
})
const closure = {
  closureId: '01890000-0000-7000-8000-000000000013',
  version: 1,
  locationId,
  spaceIds: null,
  startsAt: '2026-01-05T09:00:00Z',
  endsAt: '2026-01-05T12:00:00Z',
}
export const closureCreated = defineEvent({ topic: 'workspace', type: 'workspace.closure-created.v1', data: ClosureState, example: closure })
export const closureDeleted = defineEvent({ topic: 'workspace', type: 'workspace.closure-deleted.v1', data: ClosureState, example: { ...closure, version: 2 } })

const PolicyState = Type.Object({
  policyId: IdSchema,
  version,
  name: Type.String(),
  minMinutes: nullable(Type.Integer()),
  maxMinutes: nullable(Type.Integer()),
  gridMinutes: nullable(Type.Integer()),
  leadMinutes: nullable(Type.Integer()),
  advanceDays: nullable(Type.Integer()),
  cancellation: nullable(Type.Array(Type.Object({ noticeHours: Type.Number(), refundPercent: Type.Integer() }))),
})
const policy = {
  policyId: '01890000-0000-7000-8000-000000000014',
  version: 1,
  name: 'Desks',
  minMinutes: 30,
  maxMinutes: null,
  gridMinutes: 15,
  leadMinutes: null,
  advanceDays: 60,
  cancellation: [{ noticeHours: 24, refundPercent: 100 }],
}
export const policyCreated = defineEvent({ topic: 'workspace', type: 'workspace.policy-created.v1', data: PolicyState, example: policy })
export const policyUpdated = defineEvent({ topic: 'workspace', type: 'workspace.policy-updated.v1', data: PolicyState, example: { ...policy, version: 2 } })

const PriceBookState = Type.Object({
  priceBookId: IdSchema,
  version,
  name: Type.String(),
  currency: CurrencySchema,
  rules: Type.Array(
    Type.Object({
      unit: Type.Enum(['hour', 'day', 'booking']),
      amountMinor: Type.Integer({ minimum: 0 }),
      weekdays: Type.Optional(Type.Array(Type.Integer())),
      from: Type.Optional(Type.String()),
      to: Type.Optional(Type.String()),
      planId: Type.Optional(IdSchema),
      kind: Type.Optional(Type.Enum(['desk', 'room', 'office', 'equipment'])),
      creditsPerUnit: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  ),
  dayCapMinor: nullable(Type.Integer({ minimum: 0 })),
})
const priceBook = {
  priceBookId: '01890000-0000-7000-8000-000000000015',
  version: 1,
  name: 'Desks',
  currency: 'GBP',
  rules: [{ unit: 'hour' as const, amountMinor: 500, creditsPerUnit: 1 }],
  dayCapMinor: 3_000,
}
export const priceBookCreated = defineEvent({ topic: 'workspace', type: 'workspace.price-book-created.v1', data: PriceBookState, example: priceBook })
export const priceBookUpdated = defineEvent({
  topic: 'workspace',
  type: 'workspace.price-book-updated.v1',
  data: PriceBookState,
  example: { ...priceBook, version: 2 },
})

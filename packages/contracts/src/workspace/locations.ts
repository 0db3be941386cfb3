import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, CurrencySchema, IdParamsSchema, IdSchema, InstantSchema, listOf, pageQuery, TimeZoneSchema } from '../primitives.ts'
import { nameOf, textOf } from '../text.ts'

/** A time of day as a clock shows it, `00:00` to `24:00`; which of them may be used where is judged by workspace (400 on its pointer). */
export const TimeOfDaySchema = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$' })
/** ISO weekday: 1 Monday to 7 Sunday. */
export const WeekdaySchema = Type.Integer({ minimum: 1, maximum: 7 })

const period = { opens: TimeOfDaySchema, closes: TimeOfDaySchema }
/**
 * Opening hours. `closes` at or before `opens` means the next day. An exception replaces the periods that open on its date;
 * without periods the date is closed. No weekly period: open on every day that no exception names.
 */
export const LocationHoursSchema = closed({
  weekly: Type.Array(closed({ weekday: WeekdaySchema, ...period }), { maxItems: 168 }),
  exceptions: Type.Array(closed({ date: Type.String({ format: 'date', maxLength: 10 }), periods: Type.Array(closed(period), { maxItems: 24 }) }), {
    maxItems: 1_000,
  }),
})
export type LocationHours = Static<typeof LocationHoursSchema>

const name = nameOf({ maxLength: 200 })
const address = textOf({ maxLength: 500 })
const taxRatePercent = Type.Number({ minimum: 0, maximum: 100 })

export const LocationSchema = Type.Object({
  id: IdSchema,
  name: Type.String(),
  timeZone: Type.String(),
  address: Type.String(),
  currency: CurrencySchema,
  taxRatePercent: Type.Number(),
  weekStartsOn: Type.Integer(),
  openingHours: Type.Object({
    weekly: Type.Array(Type.Object({ weekday: Type.Integer(), opens: Type.String(), closes: Type.String() })),
    exceptions: Type.Array(Type.Object({ date: Type.String(), periods: Type.Array(Type.Object({ opens: Type.String(), closes: Type.String() })) })),
  }),
  createdAt: InstantSchema,
  updatedAt: InstantSchema,
})
export type Location = Static<typeof LocationSchema>

const location = { service: 'workspace' } as const

/** Archived locations are not listed. */
export const listLocations = defineOperation({
  ...location,
  id: 'list-locations',
  method: 'GET',
  path: '/v1/locations',
  summary: 'Locations',
  access: 'user',
  query: closed(pageQuery),
  responses: { 200: listOf(LocationSchema) },
})

/** Without default: `name`, `timeZone`, `currency`. The others: no address, no tax, weeks from Monday. Opening hours: always open until they are set. */
export const createLocation = defineOperation({
  ...location,
  id: 'create-location',
  method: 'POST',
  path: '/v1/locations',
  summary: 'Add a location',
  access: 'operator',
  body: closed({
    name,
    timeZone: TimeZoneSchema,
    address: Type.Optional(address),
    currency: CurrencySchema,
    taxRatePercent: Type.Optional(taxRatePercent),
    weekStartsOn: Type.Optional(WeekdaySchema),
  }),
  responses: { 201: LocationSchema },
  problems: ['idempotency-key-reused'],
  idempotent: true,
})

export const getLocation = defineOperation({
  ...location,
  id: 'get-location',
  method: 'GET',
  path: '/v1/locations/{id}',
  summary: 'A location',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: LocationSchema },
})

/** Members left out stay as they are. The currency stays while a price book in it is attached to a space here (400). */
export const updateLocation = defineOperation({
  ...location,
  id: 'update-location',
  method: 'PATCH',
  path: '/v1/locations/{id}',
  summary: 'Change a location',
  access: 'operator',
  params: IdParamsSchema,
  body: closed({
    name: Type.Optional(name),
    timeZone: Type.Optional(TimeZoneSchema),
    address: Type.Optional(address),
    currency: Type.Optional(CurrencySchema),
    taxRatePercent: Type.Optional(taxRatePercent),
    weekStartsOn: Type.Optional(WeekdaySchema),
  }),
  responses: { 200: LocationSchema },
})

/** Archives the location with its spaces; 409 `in-use` while one of them has a future booking. */
export const deleteLocation = defineOperation({
  ...location,
  id: 'delete-location',
  method: 'DELETE',
  path: '/v1/locations/{id}',
  summary: 'Archive a location',
  access: 'operator',
  params: IdParamsSchema,
  responses: { 204: null },
  problems: ['in-use'],
})

/** Replaces them all. Periods that overlap, also over midnight, are refused (400). */
export const putOpeningHours = defineOperation({
  ...location,
  id: 'put-opening-hours',
  method: 'PUT',
  path: '/v1/locations/{id}/opening-hours',
  summary: 'Set a location’s opening hours',
  access: 'operator',
  params: IdParamsSchema,
  body: closed({ weekly: LocationHoursSchema.properties.weekly, exceptions: Type.Optional(LocationHoursSchema.properties.exceptions) }),
  responses: { 200: LocationSchema.properties.openingHours },
})

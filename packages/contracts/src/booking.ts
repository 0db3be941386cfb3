export * from './booking/availability.ts'
export * from './booking/bookings.ts'
export * from './booking/holds.ts'
export * from './booking/schemas.ts'

export { createTestClock, type TestClock } from './clock.ts'
export { cloneDatabase, createTestDatabase, createTestLog, type TestDatabase } from './database.ts'
export { findFreePort } from './global-setup.ts'
export { waitFor, type WaitForOptions } from './wait-for.ts'

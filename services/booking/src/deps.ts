import { randomBytes } from 'node:crypto'
import type { ServiceClient } from '@alcove/client'
import { newId } from '@alcove/kit'
import type { Pool } from 'pg'
import type { AppDeps } from './app.ts'
import { createClosureSource } from './clients/closures.ts'
import { createPersonSource } from './clients/people.ts'
import { createSpaceSource } from './clients/spaces.ts'
import { createBookingLists } from './db/booking-list.ts'
import { createBookingReader } from './db/booking-reader.ts'
import { createClaimSource } from './db/claims.ts'
import { createInternalReads } from './db/event-effects.ts'
import type { Prisma } from './db/prisma.ts'
import { referenceLength, toReference } from './domain/reference.ts'

interface Adapters {
  pool: Pool
  prisma: Prisma
  client: ServiceClient
  config: { HOLD_TTL_SECONDS: number; CHECK_IN_OPENS_MINUTES: number; AUTHORIZE_WAIT_MS: number }
}

// One is taken about once in five hundred times at two million bookings; four taken ones in a row never happen.
const referencesOffered = 4

/** What routes need and jobs and consumers do not. */
export function createAppDeps({ pool, prisma, client, config }: Adapters) {
  return {
    newId,
    newReferences,
    reader: createBookingReader(pool),
    people: createPersonSource(client),
    spaces: createSpaceSource(client),
    closures: createClosureSource(client),
    claims: createClaimSource(pool),
    ...createBookingLists(prisma),
    ...createInternalReads(pool),
    holdTtlSeconds: config.HOLD_TTL_SECONDS,
    checkInOpensMinutes: config.CHECK_IN_OPENS_MINUTES,
    authorizeWaitMs: config.AUTHORIZE_WAIT_MS,
  } satisfies Partial<AppDeps>
}

function newReferences(): string[] {
  const bytes = randomBytes(referencesOffered * referenceLength)
  return Array.from({ length: referencesOffered }, (_, index) => toReference(bytes.subarray(index * referenceLength)))
}

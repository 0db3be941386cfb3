import { fileURLToPath } from 'node:url'
import { assertPrismaMatchesDatabase, createTestDatabase } from '@alcove/testing'
import { it } from 'vitest'

it('the Prisma model is the migrated database', async () => {
  const database = await createTestDatabase('user')
  await assertPrismaMatchesDatabase(fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url)), database.pool)
  await database.drop()
})

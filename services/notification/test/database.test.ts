import { fileURLToPath } from 'node:url'
import { assertPrismaMatchesDatabase, createTestDatabase } from '@alcove/testing'
import { expect, test } from 'vitest'

test('the Prisma model is the migrated database', async () => {
  const database = await createTestDatabase('notification')
  await expect(assertPrismaMatchesDatabase(fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url)), database.pool)).resolves.toBeUndefined()
  await database.drop()
})

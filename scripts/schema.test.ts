import { join } from 'node:path'
import { createTestDatabase, describeSchema } from '@alcove/testing'
import { graph } from '@alcove/graph'
import { expect, it } from 'vitest'

// `pnpm schema:write` writes the files anew.
const services = graph.filter(({ database }) => database).map(({ name }) => name)
const HEAD = '-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.\n\n'

it.each(services)('the schema of %s that is checked in is what its migrations make', async (service) => {
  const database = await createTestDatabase(service)
  try {
    const file = join(import.meta.dirname, '../services', service, 'prisma/schema.snapshot.sql')
    await expect(HEAD + (await describeSchema(database.pool))).toMatchFileSnapshot(file)
  } finally {
    await database.drop()
  }
})

import { fileURLToPath } from 'node:url'
import { eventsMigrations } from '@alcove/events'

/** Folders of the migrations that this database is made by. */
export const migrations: readonly string[] = [eventsMigrations, fileURLToPath(new URL('../prisma/migrations', import.meta.url))]

import { fileURLToPath } from 'node:url'

/** Migrations of the outbox and inbox tables: applied in every service's database, before the service's own. */
export const eventsMigrations = fileURLToPath(new URL('../migrations', import.meta.url))

/** Migrations of the embedded log's own database. */
export const logMigrations = fileURLToPath(new URL('../log-migrations', import.meta.url))

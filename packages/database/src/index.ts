export { dumpDatabase, type DumpOptions } from './backup/dump.ts'
export { restoreDatabase, type RestoreOptions } from './backup/restore.ts'
export { runMigrateCommand } from './commands.ts'
export { createDatabaseIfMissing, ensureRoleAndDatabase, type RoleAndDatabase } from './create-database.ts'
export {
  canonicalJson,
  deleteExpiredIdempotencyKeys,
  idempotencyTtlHours,
  takeIdempotencyKey,
  type IdempotencyOutcome,
  type IdempotentCommand,
} from './idempotency.ts'
export { assertMigrated, migrate, type MigrateOptions } from './migrate.ts'
export { createPool, type PoolOptions, type Queryable } from './pool.ts'
export { removePostgres, resolveDataDir } from './postgres-files.ts'
export { startPostgres, stopLeftBehind, type Postgres, type StartPostgresOptions } from './postgres.ts'
export { isGone, nameProcess } from './process-name.ts'
export { isTransientDatabaseError, withTransaction, type TransactionOptions } from './transaction.ts'

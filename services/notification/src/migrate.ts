import { runMigrateCommand } from '@alcove/database'
import { migrations } from './migrations.ts'

// `node src/migrate.ts`: brings the database to this version's schema; a Job runs it in the service's own image.
await runMigrateCommand({ service: 'notification', directories: migrations })

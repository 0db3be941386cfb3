import { createPool } from '@alcove/database'
import { loadConfig } from '@alcove/kit'
import { configSchema } from './config.ts'
import { rebuildReadModels } from './db/rebuild.ts'

// `make rebuild-reports`: makes the read models anew from the raw events, while reporting runs or not.
const config = loadConfig(configSchema, process.env)
const pool = createPool({ url: config.DATABASE_URL, max: 1, silenceMs: 0, applicationName: 'reporting-rebuild' })
const applied = await rebuildReadModels(pool)
await pool.end()
process.stdout.write(`reporting: read models rebuilt from ${applied} events\n`)

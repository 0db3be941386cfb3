import { loadConfig } from '@alcove/kit'
import { configSchema } from './config.ts'
import { rebuildApart } from './db/rebuild.ts'

// `make rebuild-reports`: makes the read models anew from the raw events, while reporting runs or not.
const applied = await rebuildApart(loadConfig(configSchema, process.env).DATABASE_URL)
process.stdout.write(`reporting: read models rebuilt from ${applied} events\n`)

import { graph } from '@alcove/graph'
import { loadConfig } from '@alcove/kit'
import Type from 'typebox'
import { TOKEN_SECONDS, writeDemoClock, writeSecrets, writeTokens } from './keep-secrets.ts'

// `node dist/secrets.js make|demo|renew` in auth's image, for compose.yaml: makes the secrets once; opens the demo's clock; renews service tokens for ever.
const RETRY_MS = 10_000
// As the first process of a container nobody else ends it.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
const config = loadConfig(
  Type.Object({
    /** Directory with a volume for each service, `postgresql` and `issuer`. */
    SECRETS_DIR: Type.String({ default: '/secrets' }),
    /** PostgreSQL as services reach it: `postgresql:5432`. */
    DATABASE_ADDRESS: Type.String({ default: 'postgresql:5432' }),
  }),
  process.env,
)
const options = { directory: config.SECRETS_DIR, databaseAddress: config.DATABASE_ADDRESS, graph }
const command = process.argv[2]
if (command === 'make') await writeSecrets(options)
else if (command === 'demo') await writeDemoClock(options)
else if (command === 'renew') await renew()
else {
  console.error('usage: node dist/secrets.js make|demo|renew')
  process.exitCode = 2
}

/** Also after the machine slept: what counts is the clock, not how long this process waited. */
async function renew(): Promise<void> {
  for (let writtenAt = 0; ; await new Promise((resolve) => setTimeout(resolve, RETRY_MS))) {
    if (Math.abs(Date.now() - writtenAt) < (TOKEN_SECONDS * 1000) / 2) continue
    await writeTokens(options)
    writtenAt = Date.now()
  }
}

import { createServiceClient } from '@alcove/client'
import { runService } from '@alcove/kit'
import { buildApp } from './app.ts'
import { getOverview } from './clients/reporting.ts'
import { createStatusAsker } from './clients/statuses.ts'
import { createReplicaReader } from './clients/supervisor-state.ts'
import { configSchema } from './config.ts'

await runService({
  name: 'admin',
  configSchema,
  build({ config, log, metrics, clock, authenticator }) {
    const version = config.SERVICE_VERSION
    const client = createServiceClient({ self: 'admin', config, metrics, log })
    const askStatuses = createStatusAsker({ client, log, version })
    const readReplicas = createReplicaReader(config.SUPERVISOR_STATE_FILE)
    return {
      app: buildApp({ log, metrics, clock, version, authenticator, askOverview: (options) => getOverview(client, options), askStatuses, readReplicas }),
      // It stores nothing and needs nobody in particular: what is missing shows in its answers.
      readiness: {},
      status: async () => ({ breakers: client.breakers() }),
      lifecycles: [{ name: 'client', phase: 'adapter', stop: () => client.close() }],
    }
  },
})

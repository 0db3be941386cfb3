import { createServiceClient } from '@alcove/client'
import { runService, type BaseConfig, type Logger } from '@alcove/kit'
import type { Static } from 'typebox'
import { buildApp } from './app.ts'
import { createDeadLetterSources } from './clients/dead-letters.ts'
import { getOverview } from './clients/reporting.ts'
import type { ClusterWatchOptions } from './clients/cluster-watch.ts'
import { createStatusAsker } from './clients/statuses.ts'
import { createSupervisorReader } from './clients/supervisor-state.ts'
import { configSchema } from './config.ts'

await runService({
  name: 'admin',
  configSchema,
  async build({ config, log, metrics, clock, authenticator, tracing }) {
    const version = config.SERVICE_VERSION
    const client = createServiceClient({ self: 'admin', config, metrics, log, tracing })
    const askStatuses = createStatusAsker({ client, log, version })
    // Loaded only where there is a cluster: its client is larger than all the rest.
    const cluster = config.PROFILE === 'cluster' ? (await import('./clients/cluster-watch.ts')).createClusterWatch(toClusterOptions(config, log)) : undefined
    const readDeployments = cluster?.read ?? createSupervisorReader(config.SUPERVISOR_STATE_FILE)
    return {
      app: buildApp({
        log,
        metrics,
        clock,
        version,
        authenticator,
        askOverview: (options) => getOverview(client, options),
        askStatuses,
        readDeployments,
        deadLetters: createDeadLetterSources(client),
      }),
      // It stores nothing and needs nobody in particular: what is missing shows in its answers.
      readiness: {},
      status: async () => ({ breakers: client.breakers() }),
      forceBreaker: client.forceBreaker,
      lifecycles: [...(cluster ? [cluster] : []), { name: 'client', phase: 'adapter', stop: () => client.close() }],
    }
  },
})

function toClusterOptions(config: BaseConfig & Static<typeof configSchema>, log: Logger): ClusterWatchOptions {
  return { apiUrl: config.KUBERNETES_API_URL, credentialsDir: config.KUBERNETES_CREDENTIALS_DIR, namespace: config.SERVICE_TOKEN_NAMESPACE, log }
}

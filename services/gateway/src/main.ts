import { createServiceClient } from '@alcove/client'
import type { CloudEvent } from '@alcove/contracts'
import { createBroadcast, createTransport } from '@alcove/events'
import { runService } from '@alcove/kit'
import { readOrigins } from './answer-headers.ts'
import { buildApp } from './app.ts'
import { createDevClock } from './clients/dev-clock.ts'
import { createLocalLimiter, createSharedLimiter } from './clients/limiters.ts'
import { createRedis } from './clients/redis.ts'
import { accountEvents, applyAccountEvent, createRevocationLoader } from './clients/revocation-feed.ts'
import { createServiceRegistry } from './clients/service-registry.ts'
import { createSharedAnswers } from './clients/shared-answers.ts'
import { configSchema } from './config.ts'
import { parseRateLimits } from './domain/rate-limits.ts'
import { Revocations } from './domain/revocations.ts'
import { createStaleAnswers } from './stale-answers.ts'
import { createEdgeMetrics } from './metrics.ts'

await runService({
  name: 'gateway',
  configSchema,
  build({ config, log, metrics, clock, authenticator, tracing }) {
    const client = createServiceClient({ self: 'gateway', config, metrics, log, tracing, concurrencyMax: config.CALLEE_CONCURRENCY_MAX })
    const transport = createTransport(config, 'gateway', log)
    const revocations = new Revocations(Date.now)
    const onEvent = (event: CloudEvent) => applyAccountEvent(revocations, event)
    const broadcast = createBroadcast({ service: 'gateway', transport, types: accountEvents, log, metrics, onEvent })
    const loader = createRevocationLoader({ client, revocations, log })
    const { registry, probe, guarded } = createServiceRegistry({ client, config, log, metrics })
    const redis = config.REDIS_URL ? createRedis({ url: config.REDIS_URL, timeoutMs: config.REDIS_TIMEOUT_MS, log, metrics }) : undefined
    const local = createLocalLimiter()
    const ageMaxMs = config.STALE_ANSWER_AGE_MAX_SECONDS * 1000
    const answers = createStaleAnswers({
      bytesMax: config.STALE_ANSWERS_MAX_BYTES,
      ageMaxMs,
      ...(redis ? { shared: createSharedAnswers(redis, ageMaxMs) } : {}),
      now: Date.now,
    })
    const edgeMetrics = createEdgeMetrics(metrics, answers)
    const app = buildApp({
      log,
      metrics,
      clock,
      version: config.SERVICE_VERSION,
      authenticator,
      client: guarded,
      revocations,
      revocationsLoaded: loader.loaded,
      registry,
      refreshRegistry: () => probe.refresh(),
      answers,
      onStale: edgeMetrics.countStale,
      now: Date.now,
      checkTransport: () => transport.check(),
      rateLimits: parseRateLimits(config.RATE_LIMITS),
      limiter: redis ? createSharedLimiter(redis, local) : local,
      redisState: () => (redis ? (redis.isUp() ? 'up' : 'away') : 'none'),
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
      securityContacts: config.SECURITY_CONTACTS.split(',').filter((contact) => contact !== ''),
      publicBaseUrl: config.PUBLIC_BASE_URL,
      corsOrigins: readOrigins(config.CORS_ORIGINS),
      deadlineMaxMs: config.EDGE_DEADLINE_MAX_MS,
      devClock: config.PROFILE === 'local' && config.CLOCK_FILE ? createDevClock(config.CLOCK_FILE) : undefined,
      startedAt: new Date(),
    })
    return {
      app,
      readiness: {
        revocations: async () => {
          if (!loader.loaded()) throw new Error('auth has not said yet what was revoked')
        },
      },
      status: async () => ({ breakers: client.breakers(), ...(redis ? { checks: { redis: { ok: redis.isUp() } } } : {}) }),
      forceBreaker: client.forceBreaker,
      // In this order: nothing revoked between the question to auth and the first event may be missed.
      lifecycles: [
        broadcast,
        loader,
        probe,
        ...(redis ? [redis] : []),
        { name: 'client', phase: 'adapter', stop: () => client.close() },
        { name: 'transport', phase: 'broker', stop: () => transport.close() },
      ],
    }
  },
})

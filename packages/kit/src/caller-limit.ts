import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isDemoRequest } from './demo-clock.ts'
import { ProblemError } from './errors.ts'
import { verifyCaller } from './service-caller.ts'
import { readSource } from './source.ts'

/** `CALLER_LIMIT`: `off`, or so many requests in so long, such as `100/s` or `1000/min`. */
export const callerLimitForm = '^(off|[1-9]\\d{0,6}/(\\d{0,5}s|\\d{0,4}min|\\d{0,3}h))$'

const unitsMs: Record<string, number> = { s: 1000, min: 60_000, h: 3_600_000 }

/** Sources whose count is kept. */
const sourcesMax = 20_000

interface Limit {
  max: number
  timeWindow: number
}

/** undefined for `off`. */
function readLimit(text: string): Limit | undefined {
  const [, max, count, unit] = /^(\d+)\/(\d*)(s|min|h)$/.exec(text) ?? []
  return max === undefined ? undefined : { max: Number(max), timeWindow: Math.max(1, Number(count || 1)) * unitsMs[unit!]! }
}

/**
 * Limits who comes to an application's own port from outside the graph: through `kubectl port-forward`, or past the gateway. Counted by source. Declared
 * services, the gateway with what people ask among them, are known by their token and are not counted; neither are `/health` and the demo's Job. To be called
 * before the application is ready.
 */
export function addCallerLimit(app: FastifyInstance, text: string): void {
  const limit = readLimit(text)
  if (!limit) return
  app.register(rateLimit, { global: false, cache: sourcesMax })
  const keyGenerator = (request: FastifyRequest) => readSource(request.ip)?.client ?? request.ip
  let judge: ReturnType<FastifyInstance['createRateLimit']> | undefined

  const count = async (request: FastifyRequest): Promise<void> => {
    judge ??= app.createRateLimit({ ...limit, keyGenerator })
    const verdict = await judge(request)
    if (verdict.isAllowed || !verdict.isExceeded) return
    const seconds = limit.timeWindow / 1000
    throw new ProblemError('rate-limited', `At most ${limit.max} requests in ${seconds} s are allowed here. Services of Alcove are known by their token.`, {
      headers: { 'retry-after': String(Math.max(1, verdict.ttlInSeconds)) },
    })
  }

  app.addHook('onRequest', async (request) => {
    const isExempt = request.routeOptions.url === '/health' || isDemoRequest(app.alcove.demoClockSecret, request.headers)
    if (!isExempt && !(await isDeclared(request))) await count(request)
  })
}

/** Whether a declared service asks. While the keys that tell so are away nobody is refused for it: the route itself judges the token. */
async function isDeclared(request: FastifyRequest): Promise<boolean> {
  if (request.headers['x-service-authorization'] === undefined) return false
  try {
    await verifyCaller(request)
    return true
  } catch (error) {
    return error instanceof ProblemError && error.slug === 'dependency-unavailable'
  }
}

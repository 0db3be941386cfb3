import { getDetailedHealth, getSystemHealth, type DetailedHealth } from '@alcove/contracts'
import { addOperation, runChecks } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from '../deps.ts'
import { isForOperator } from '../policies.ts'
import { judgeCheck, judgeHealth, judgeTogether } from '../domain/health.ts'

type HealthDeps = Pick<GatewayDeps, 'registry' | 'refreshRegistry' | 'checkTransport'>

/** As the gateway itself reaches it. */
async function probeTransport({ checkTransport }: HealthDeps): Promise<DetailedHealth['transport']> {
  const { transport } = await runChecks({ transport: checkTransport })
  return transport!.ok ? { status: 'ok' } : { status: 'down', detail: 'the event transport does not answer' }
}

/** Health for people and load balancers: from the registry's last probes, made anew at most every two seconds, so that asking often costs little. */
export const healthRoutes = (deps: HealthDeps) => async (app: FastifyInstance) => {
  addOperation(app, getSystemHealth, async () => {
    await deps.refreshRegistry()
    const status = judgeHealth(deps.registry.list())
    return { status: status === 'down' ? (503 as const) : (200 as const), body: { status } }
  })

  addOperation(app, getDetailedHealth, async (_input, { optionalPrincipal }) => {
    const [transport] = await Promise.all([probeTransport(deps), deps.refreshRegistry()])
    const services = deps.registry.list()
    const overall = judgeHealth(services)
    const status = overall === 'ok' && transport.status !== 'ok' ? 'degraded' : overall
    const listed = services.map((service) => ({
      name: service.name,
      status: service.health,
      ...(isForOperator(optionalPrincipal) ? { version: service.version } : {}),
      critical: service.critical,
      database: judgeCheck(service, 'database'),
      transport: judgeCheck(service, 'transport'),
      checks: Object.fromEntries(Object.entries(service.checks).map(([name, { ok }]) => [name, { ok }])),
    }))
    const body = { status, services: listed, database: judgeTogether(services, 'database'), transport }
    return { status: status === 'down' ? (503 as const) : (200 as const), body }
  })
}

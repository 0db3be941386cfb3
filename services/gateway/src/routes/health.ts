import { getDetailedHealth, getSystemHealth, type DetailedHealth } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from '../deps.ts'
import { judgeHealth } from '../domain/registry.ts'

type HealthDeps = Pick<GatewayDeps, 'registry' | 'checkTransport'>

async function probeTransport(deps: HealthDeps): Promise<DetailedHealth['transport']> {
  try {
    await deps.checkTransport()
    return { status: 'ok' }
  } catch {
    return { status: 'down', detail: 'the event transport does not answer' }
  }
}

/** From what each service says of its own database: one that is silent says nothing. */
function judgeDatabases(services: ReturnType<HealthDeps['registry']['list']>): DetailedHealth['database'] {
  const checks = services.flatMap(({ name, checks: { database } }) => (database ? [{ name, ok: database.ok }] : []))
  const broken = checks.filter((check) => !check.ok).map((check) => check.name)
  if (checks.length === 0) return { status: 'down', detail: 'no service reaches its database' }
  if (broken.length === 0) return { status: 'ok' }
  return { status: broken.length === checks.length ? 'down' : 'degraded', detail: `not reached by ${broken.join(', ')}` }
}

/** Health for people and load balancers: from the registry's last probes, so that asking often costs nothing. */
export const healthRoutes = (deps: HealthDeps) => async (app: FastifyInstance) => {
  addOperation(app, getSystemHealth, async () => {
    const status = judgeHealth(deps.registry.list())
    return { status: status === 'down' ? (503 as const) : (200 as const), body: { status } }
  })

  addOperation(app, getDetailedHealth, async () => {
    const services = deps.registry.list()
    const transport = await probeTransport(deps)
    const overall = judgeHealth(services)
    const status = overall === 'ok' && transport.status !== 'ok' ? 'degraded' : overall
    const listed = services.map(({ name, health, version, checks }) => ({ name, status: health, version, checks }))
    const body = { status, services: listed, database: judgeDatabases(services), transport }
    return { status: status === 'down' ? (503 as const) : (200 as const), body }
  })
}

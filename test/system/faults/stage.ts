import type { ServiceName } from '@alcove/contracts'
import { graph } from '@alcove/graph'
import { findFreePort } from '@alcove/testing/free-ports'
import { startStack } from '../../../scripts/supervisor/stack.ts'
import type { Stack } from '../../../scripts/supervisor/types.ts'
import { startHttpProxy, type EdgeProxy } from './http-proxy.ts'
import { startPostgresProxy } from './postgres-proxy.ts'
import { createWatch, type Watch } from './trial.ts'

/** Longer than anybody here is kept waiting for payment, shorter than any call's timeout. */
const slowMs = 1000

/** Where a fault lies on the way of a call: its proxy, and what its caller says of calls that were not sent. */
export interface Edge {
  proxy: EdgeProxy
  countRefused(): Promise<number>
  /** Calls that an open breaker did not send. */
  countOpen(): Promise<number>
  force(state: 'open' | 'closed'): Promise<void>
}

/** A stack with a proxy on every edge that its graph declares, and on the one to the payment provider. */
export interface Stage {
  stack: Stack
  watch: Watch
  edges: ReadonlyMap<string, Edge>
  close(): Promise<void>
}

const services: readonly ServiceName[] = ['auth', 'user', 'workspace', 'booking', 'payment', 'notification', 'gateway']

export async function startStage(): Promise<Stage> {
  const stack = await startStack({
    demo: 'accounts',
    services,
    testControls: true,
    durable: false,
    env: { RATE_LIMITS: 'off' },
    serviceEnv: {
      booking: { AUTHORIZE_WAIT_MS: '600' },
      payment: { AUTHORIZE_WAIT_MS: '600', PROVIDER_TIMEOUT_MS: '1500', SANDBOX_SLOW_MS: '1000', ATTEMPT_LEASE_MS: '2000', SETTLE_POLL_MS: '200' },
    },
  })
  const watch = createWatch()
  const edges = new Map<string, Edge>()
  const close = async () => {
    await stack.down()
    await Promise.all([...edges.values()].map(({ proxy }) => proxy.close()))
  }
  try {
    await Promise.all(services.map((caller) => divert(stack, { caller, watch, edges })))
    return { stack, watch, edges, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Diverted {
  caller: ServiceName
  watch: Watch
  edges: Map<string, Edge>
}

/** Puts a proxy before everybody that a service calls, and starts it anew under their addresses. */
async function divert(stack: Stack, { caller, watch, edges }: Diverted): Promise<void> {
  const callees = graph.find(({ name }) => name === caller)!.calls.filter((callee) => services.includes(callee as ServiceName)) as ServiceName[]
  const env: Record<string, string> = {}
  for (const callee of callees) {
    const proxy = await startHttpProxy({ caller, callee, target: stack.urls[callee], port: await findFreePort(), watch, slowMs })
    env[`${callee.toUpperCase()}_SERVICE_URL`] = proxy.url
    const count = (outcome: string) =>
      countCalls(stack, caller, new RegExp(`^alcove_client_request_duration_seconds_count{.*callee="${callee}",.*outcome="${outcome}".* (\\d+)$`, 'gm'))
    edges.set(proxy.edge, {
      proxy,
      countRefused: () => count('refused'),
      countOpen: () => count('open'),
      force: (state) => force(stack, caller, { callee, state }),
    })
  }
  if (caller === 'payment') env.SANDBOX_DATABASE_URL = await divertSandbox(stack, { watch, edges })
  if (Object.keys(env).length > 0) await stack.setEnv(caller, env)
}

async function divertSandbox(stack: Stack, { watch, edges }: Omit<Diverted, 'caller'>): Promise<string> {
  const url = new URL(stack.databaseUrls.payment!)
  let refused = 0
  const proxy = await startPostgresProxy({
    edge: 'payment-sandbox',
    prefix: 'sandbox-',
    port: await findFreePort(),
    target: { host: url.hostname, port: Number(url.port) },
    watch,
    slowMs,
    onRefused: () => (refused += 1),
  })
  const countOpen = () => countCalls(stack, 'payment', /^alcove_provider_request_duration_seconds_count{.*outcome="open".* (\d+)$/gm)
  edges.set(proxy.edge, { proxy, countRefused: async () => refused, countOpen, force: (state) => force(stack, 'payment', { callee: 'sandbox', state }) })
  url.host = proxy.url
  return url.toString()
}

async function countCalls(stack: Stack, caller: ServiceName, pattern: RegExp): Promise<number> {
  const metrics = await (await fetch(`${stack.opsUrls(caller)[0]}/metrics`)).text()
  return [...metrics.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0)
}

async function force(stack: Stack, caller: ServiceName, body: { callee: string; state: string }): Promise<void> {
  const answer = await fetch(`${stack.opsUrls(caller)[0]}/breaker`, { method: 'PUT', body: JSON.stringify(body) })
  if (answer.status !== 200) throw new Error(`breaker of ${caller}: ${answer.status} ${await answer.text()}`)
}

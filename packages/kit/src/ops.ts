import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import { renderOpenMetrics } from './metrics.ts'
import { createServer } from './http.ts'
import type { KillPoints } from './kill-points.ts'
import type { OutgoingConnections } from './outgoing.ts'

export type Check = () => Promise<void>

export interface CheckResult {
  ok: boolean
  detail?: string
}

const checkTimeoutMs = 2000

/** Runs every readiness check at once; one that takes longer than 2 s has failed. */
export async function runChecks(checks: Readonly<Record<string, Check>>): Promise<Record<string, CheckResult>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, CheckResult]> => {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Error(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs)
      try {
        await Promise.race([check(), late])
        return [name, { ok: true }]
      } catch (error) {
        return [name, { ok: false, detail: error instanceof Error ? error.message : String(error) }]
      } finally {
        clearTimeout(timer)
      }
    }),
  )
  return Object.fromEntries(results)
}

export interface OpsState {
  /** The application listens. */
  started: boolean
  /** The part whose start has not succeeded yet. */
  waitingFor?: string
  draining: boolean
}

export interface OpsOptions {
  metrics: Registry
  state: OpsState
  checks: Readonly<Record<string, Check>>
  /** Present under TEST_CONTROLS=on. */
  controls?: {
    killPoints: KillPoints
    outgoing: OutgoingConnections
    setConsumersPaused(paused: boolean): Promise<void>
    forceBreaker?: (callee: string, state: 'open' | 'closed') => boolean
  }
}

/**
 * The operations port: `/livez` never touches a dependency, `/readyz` runs the readiness checks (`?verbose` shows each), `/startupz` says
 * that the process listens and waits for nothing else, `/metrics`, and under test controls `PUT|DELETE /kill-point`,
 * `PUT /consumers`, `PUT /breaker` and `GET /connections`.
 */
export function createOpsServer(options: OpsOptions): Server {
  return createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) })
      else response.destroy()
    })
  })
}

async function answer(options: OpsOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://ops')
  const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`
  if (route === 'GET /livez') sendJson(response, 200, { status: 'ok' })
  else if (route === 'GET /startupz') sendJson(response, options.state.started ? 200 : 503, { status: options.state.started ? 'started' : 'starting' })
  else if (route === 'GET /readyz') await answerReadiness(options, url.searchParams.has('verbose'), response)
  else if (route === 'GET /metrics') {
    const { contentType, text } = await renderMetrics(options.metrics, request.headers.accept)
    response.writeHead(200, { 'content-type': contentType }).end(text)
  } else if (options.controls && (await answerControl(options.controls, { route, request, response }))) return
  else sendJson(response, 404, { error: 'not found' })
}

async function renderMetrics(metrics: Registry, accept = ''): Promise<{ contentType: string; text: string }> {
  if (accept.includes('application/openmetrics-text')) return renderOpenMetrics(metrics)
  return { contentType: metrics.contentType, text: await metrics.metrics() }
}

async function answerReadiness({ state, checks }: OpsOptions, verbose: boolean, response: ServerResponse): Promise<void> {
  const results = state.started && !state.draining ? await runChecks(checks) : {}
  const ready = state.started && !state.draining && Object.values(results).every((result) => result.ok)
  const status = state.draining ? 'draining' : ready ? 'ready' : 'unready'
  sendJson(response, ready ? 200 : 503, verbose ? { status, checks: results } : { status })
}

interface ControlRequest {
  route: string
  request: IncomingMessage
  response: ServerResponse
}

/** Answers a test control; false when the route is none. */
async function answerControl(controls: NonNullable<OpsOptions['controls']>, { route, request, response }: ControlRequest): Promise<boolean> {
  const { killPoints } = controls
  if (route === 'GET /kill-point') sendJson(response, 200, { names: killPoints.names() })
  else if (route === 'PUT /kill-point') {
    const { name, skip } = (await readJson(request)) as { name?: unknown; skip?: unknown }
    if (typeof name === 'string' && killPoints.names().includes(name)) {
      killPoints.arm(name, typeof skip === 'number' ? skip : 0)
      sendJson(response, 200, { armed: name })
    } else sendJson(response, 400, { error: 'unknown kill point', names: killPoints.names() })
  } else if (route === 'DELETE /kill-point') {
    killPoints.disarm()
    sendJson(response, 200, { armed: null })
  } else if (route === 'GET /connections') sendJson(response, 200, { items: controls.outgoing.list() })
  else if (route === 'PUT /consumers') {
    const { paused } = (await readJson(request)) as { paused?: unknown }
    await controls.setConsumersPaused(paused === true)
    sendJson(response, 200, { paused: paused === true })
  } else if (route === 'PUT /breaker') {
    const { callee, state } = (await readJson(request)) as { callee?: unknown; state?: unknown }
    const isForced = typeof callee === 'string' && (state === 'open' || state === 'closed') && controls.forceBreaker?.(callee, state) === true
    sendJson(response, isForced ? 200 : 400, isForced ? { callee, state } : { error: 'no such breaker, or neither open nor closed' })
  } else return false
  return true
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

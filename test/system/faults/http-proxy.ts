import type { ServiceName } from '@alcove/contracts'
import { Agent, createServer, request as send, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { PassingFault } from './fault.ts'
import { nameOperation, type Watch } from './trial.ts'

/** Stands between a caller and a callee. */
export interface EdgeProxy {
  /** `booking-payment` */
  edge: string
  url: string
  /** Nobody listens any more; open connections end, those under way after their answer. */
  takeDown(): Promise<void>
  bringUp(): Promise<void>
  close(): Promise<void>
}

export interface HttpProxyOptions {
  caller: ServiceName
  callee: ServiceName
  /** Where the callee listens. */
  target: string
  port: number
  watch: Watch
  slowMs: number
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Passes requests on and does to one of them what the watch says. */
export async function startHttpProxy(options: HttpProxyOptions): Promise<EdgeProxy> {
  const edge = `${options.caller}-${options.callee}`
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const target = new URL(options.target)
  let isDown = false

  const ask = (request: IncomingMessage, body: Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const { method, url: path, headers } = request
      const passed = send({ agent, host: target.hostname, port: target.port, method, path, headers }, (answer) => {
        buffer(answer).then((bytes) => resolve({ status: answer.statusCode!, headers: answer.headers, body: bytes }), reject)
      })
      passed.once('error', reject)
      passed.end(body)
    })

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request)
    const operation = nameOperation(options.callee, request.method!, request.url!)
    const { verdict, answered } = options.watch.pass({ edge, operation, text: `${request.url} ${body.toString('utf8')}` })
    if (verdict === 'timeout') return
    if (verdict === 'reset') return void request.socket.resetAndDestroy()
    if (verdict === '500') return reply(response, failure)
    const answer = await askAs(verdict, () => ask(request, body), options.slowMs)
    if (verdict === 'answer-lost') return void request.socket.resetAndDestroy()
    await answered()
    if (isDown) response.setHeader('connection', 'close')
    reply(response, answer)
  }
  const listen = async () => {
    const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
      handle(request, response).catch(() => request.socket.resetAndDestroy())
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, '127.0.0.1', resolve))
    return server
  }
  let server = await listen()

  return {
    edge,
    url: `http://127.0.0.1:${options.port}`,
    async takeDown() {
      isDown = true
      server.close()
      server.closeIdleConnections()
    },
    async bringUp() {
      server.closeAllConnections()
      isDown = false
      server = await listen()
    },
    async close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}

async function askAs(verdict: PassingFault | 'pass', ask: () => Promise<Answer>, slowMs: number): Promise<Answer> {
  if (verdict === 'duplicate') {
    const both = [ask(), ask()]
    // The later one is nobody's business any more.
    for (const each of both) each.catch(() => undefined)
    return Promise.any(both)
  }
  const answer = await ask()
  if (verdict === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs))
  return answer
}

const failure: Answer = {
  status: 500,
  headers: { 'content-type': 'application/problem+json' },
  body: Buffer.from(JSON.stringify({ type: '/problems/internal', title: 'Internal', status: 500, detail: 'A fault of the test.' })),
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  const { connection: _connection, 'transfer-encoding': _encoding, 'keep-alive': _keepAlive, ...kept } = headers
  response.writeHead(status, { ...kept, ...(status === 204 || status === 304 ? {} : { 'content-length': body.length }) }).end(body)
}

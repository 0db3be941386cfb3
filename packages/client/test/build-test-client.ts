import type { ServiceName } from '@alcove/contracts'
import { baseConfigSchema, createLogger, loadConfig, Registry } from '@alcove/kit'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServiceClient, type ServiceClient, type ServiceClientOptions } from '../src/index.ts'

export interface TestClient {
  client: ServiceClient
  metrics: Registry
  tokenDir: string
  close(): Promise<void>
}

/** booking's client; every callee is at the given address. */
export function buildTestClient(url: string, options: Partial<ServiceClientOptions> = {}): TestClient {
  const tokenDir = mkdtempSync(join(tmpdir(), 'tokens-'))
  for (const callee of ['user', 'workspace', 'payment'] satisfies ServiceName[]) writeFileSync(join(tokenDir, callee), `token-for-${callee}\n`)
  const env = Object.fromEntries(['USER', 'WORKSPACE', 'PAYMENT'].map((name) => [`${name}_SERVICE_URL`, url]))
  const config = loadConfig({ type: 'object', properties: baseConfigSchema } as never, {
    ...env,
    SERVICE_TOKEN_DIR: tokenDir,
  }) as ServiceClientOptions['config']
  const metrics = new Registry()
  const client = createServiceClient({ self: 'booking', config, metrics, log: createLogger({ service: 'booking', level: 'silent' }), ...options })
  return {
    client,
    metrics,
    tokenDir,
    async close() {
      await client.close()
      rmSync(tokenDir, { recursive: true, force: true })
    },
  }
}

export interface TestServer {
  url: string
  asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]
  /** TCP connections ever accepted. */
  connections(): number
  answer(handler: (response: ServerResponse, count: number) => void): void
  close(): Promise<void>
}

export const sendJson = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...headers }).end(JSON.stringify(body))

/** A real server that remembers what it was asked. */
export async function startServer(port = 0): Promise<TestServer> {
  const asked: TestServer['asked'] = []
  let handler: (response: ServerResponse, count: number) => void = (response) => sendJson(response, 200, {})
  let accepted = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      asked.push({ method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() })
      handler(response, asked.length)
    })
  })
  server.on('connection', () => (accepted += 1))
  await listen(server, port)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    connections: () => accepted,
    answer: (given) => void (handler = given),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function listen(server: Server, port = 0): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
}

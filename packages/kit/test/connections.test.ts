import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Pool } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { connectionIdleMs } from '../src/index.ts'
import { killServices, startService, statusOf, type Running } from './running-service.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  killServices()
})

async function startReady(env: Record<string, string>): Promise<Running> {
  const running = await startService(env)
  await expect.poll(() => statusOf(`${running.ops}/readyz`)).toBe(200)
  return running
}

interface Wire {
  socket: Socket
  text(): string
  closed: Promise<void>
}

/** A connection of which every byte is ours. */
function open(running: Running, bytes = ''): Wire {
  const socket = connect(running.port, '127.0.0.1')
  sockets.push(socket)
  let text = ''
  socket.on('data', (chunk) => (text += chunk))
  socket.on('error', () => undefined)
  socket.write(bytes)
  return { socket, text: () => text, closed: new Promise((resolve) => socket.once('close', () => resolve())) }
}

const cuts = async (running: Running, reason: string): Promise<number> => {
  const metrics = await (await fetch(`${running.ops}/metrics`)).text()
  return Number(new RegExp(`^http_connections_cut_total\\{reason="${reason}"[^}]*\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0)
}

describe('a connection is ended', () => {
  it('on which nothing, or only half of the headers, ever arrives: 408', async () => {
    const running = await startReady({ HEADERS_TIMEOUT_MS: '300' })
    const wires = [open(running), open(running, 'GET /health HTTP/1.1\r\nhost: a\r\nx-half: ')]
    await Promise.all(wires.map((wire) => wire.closed))
    expect(wires[1]!.text()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[^]*"type":"\/problems\/request-timeout"/)
    expect(await cuts(running, 'request-timeout')).toBe(2)
  })

  it('whose headers come byte by byte, however busy it looks', async () => {
    const running = await startReady({ HEADERS_TIMEOUT_MS: '300' })
    const wire = open(running, 'GET /health HTTP/1.1\r\nhost: a\r\nx-drip: ')
    const drip = setInterval(() => wire.socket.write('x'), 20)
    await wire.closed.finally(() => clearInterval(drip))
    expect(wire.text()).toContain('HTTP/1.1 408 ')
  })

  it('whose body stops coming: 408', async () => {
    const running = await startReady({ HEADERS_TIMEOUT_MS: '200', REQUEST_TIMEOUT_MS: '400' })
    const wire = open(running, 'POST /take HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"n":')
    await wire.closed
    expect(wire.text()).toContain('/problems/request-timeout')
  })

  it('that is kept open and not used', async () => {
    const running = await startReady({ KEEP_ALIVE_TIMEOUT_MS: '300' })
    const wire = open(running, 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n')
    await wire.closed
    expect(wire.text()).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('with headers beyond measure: 431, also when the client writes on and on', async () => {
    const running = await startReady({})
    const wire = open(running, `GET /health HTTP/1.1\r\nhost: a\r\n${`x-large: ${'x'.repeat(1000)}\r\n`.repeat(5000)}\r\n`)
    await wire.closed
    expect(wire.text()).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n[^]*"type":"\/problems\/headers-too-large"/)
    expect(await cuts(running, 'headers-too-large')).toBe(1)
  })

  it('beyond their largest number, while those in use go on', async () => {
    const running = await startReady({ CONNECTIONS_MAX: '2' })
    const kept = [open(running), open(running)]
    for (const wire of kept) {
      wire.socket.write('GET /health HTTP/1.1\r\nhost: a\r\n\r\n')
      await expect.poll(wire.text).toContain('200 OK')
    }
    await open(running, 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n').closed
    expect(await cuts(running, 'too-many')).toBe(1)
    kept[0]!.socket.write('GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    await kept[0]!.closed
    expect(kept[0]!.text().match(/200 OK/g)).toHaveLength(2)
  })

  it('whose client asks for much and reads nothing of it', async () => {
    const running = await startReady({ STALLED_ANSWER_TIMEOUT_MS: '300' })
    const wire = open(running)
    wire.socket.pause()
    wire.socket.write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n')
    await expect.poll(() => cuts(running, 'stalled-answer')).toBe(1)
  })
})

describe('a connection is left alone', () => {
  it('while its request is worked on, however long beyond the other limits', async () => {
    const running = await startReady({ STALLED_ANSWER_TIMEOUT_MS: '200', KEEP_ALIVE_TIMEOUT_MS: '200', HEADERS_TIMEOUT_MS: '200', SLOW_MS: '1500' })
    expect(await (await fetch(`${running.app}/slow`)).json()).toEqual({ done: true })
  })

  it('while its client reads slowly', async () => {
    const running = await startReady({ STALLED_ANSWER_TIMEOUT_MS: '1000' })
    const socket = connect(running.port, '127.0.0.1')
    sockets.push(socket)
    socket.write('GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    let bytes = 0
    for await (const chunk of socket) {
      bytes += (chunk as Buffer).length
      // Slower than the whole answer may be silent, piece by piece.
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(bytes).toBeGreaterThan(16 * 1024 * 1024)
  })
})

const wayMs = 50

/** What stands in front of replicas: each new connection goes to the one that takes them now, open ones stay where they are. */
async function openBalancer(first: Running): Promise<{ url: string; sendTo(running: Running): void; close(): Promise<void> }> {
  let current = first
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: current.port, host: '127.0.0.1', allowHalfOpen: true })
    sockets.push(client, upstream)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    // The way takes a moment, so that some request is always on it when a connection is closed at its other end.
    client.on('data', (chunk) => setTimeout(() => upstream.write(chunk), wayMs))
    client.on('end', () => setTimeout(() => upstream.end(), wayMs))
    upstream.pipe(client)
    upstream.on('close', () => client.destroySoon())
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sendTo: (running) => void (current = running),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

describe('a drain under load', () => {
  it('answers every request that was sent, and resets no connection', async () => {
    const [leaving, staying] = await Promise.all([startReady({ DRAIN_DELAY_MS: '200' }), startReady({})])
    const balancer = await openBalancer(leaving)
    const pool = new Pool(balancer.url, { connections: 40, pipelining: 1, keepAliveTimeout: connectionIdleMs, keepAliveMaxTimeout: connectionIdleMs })
    const outcomes: string[] = []
    let ended = false
    // Pauses of every length up to where the client lets go of a connection: each kind of idleness meets the drain.
    const worker = async (index: number) => {
      while (!ended) {
        const request = pool.request({ path: '/take', method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"n":1}' })
        const answered = request.then(({ statusCode, body }) => body.dump().then(() => String(statusCode)))
        outcomes.push(await answered.catch((error: unknown) => String(error)))
        await new Promise((resolve) => setTimeout(resolve, index * 25))
      }
    }
    const workers = Array.from({ length: 40 }, (_, index) => worker(index))
    await expect.poll(() => outcomes.length).toBeGreaterThan(300)
    balancer.sendTo(staying)
    leaving.child.kill('SIGTERM')
    expect((await leaving.exited).code).toBe(0)
    const reached = outcomes.length
    await expect.poll(() => outcomes.length).toBeGreaterThan(reached + 100)
    ended = true
    await Promise.all(workers)
    await pool.close()
    await balancer.close()
    expect([...new Set(outcomes)]).toEqual(['200'])
    expect(leaving.output()).toContain('"drained"')
  })
})

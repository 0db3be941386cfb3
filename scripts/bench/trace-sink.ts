import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveCommands } from './process.ts'

// A receiver of traces as a process of its own: it counts spans and keeps nothing.
const mark = Buffer.from('"startTimeUnixNano"')
let spans = 0

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) spans += 1
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
}).listen(0, '127.0.0.1')
const listening = once(server, 'listening')

serveCommands({
  async url() {
    await listening
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
  count: async () => spans,
  end: async () => undefined,
})

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { call, callPatiently } from './caller.ts'
import { createNarrator } from './tour/narrator.ts'

let server: Server
let url: string
let asked = 0

// Away at first, back when it was asked once.
beforeEach(async () => {
  asked = 0
  server = createServer((_request, response) => {
    asked += 1
    response.writeHead(asked === 1 ? 503 : 200, { 'retry-after': '0' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

it('an answer that asks to come back later is an answer', async () => {
  expect(await call('GET', url)).toMatchObject({ status: 503 })
  expect(asked).toBe(1)
})

it('who makes demo data comes back later', async () => {
  expect(await callPatiently('GET', url)).toMatchObject({ status: 200 })
  expect(asked).toBe(2)
})

it('the tour shows how a service that is away is answered, at once', async () => {
  expect(await createNarrator(url).fetch('GET', '/')).toMatchObject({ status: 503 })
  expect(asked).toBe(1)
})

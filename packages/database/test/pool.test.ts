import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createTestDatabase, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPool, isTransientDatabaseError } from '../src/index.ts'

let database: TestDatabase
let way: Server
let isSwallowing = false
const sockets = new Set<Socket>()

/** A way to the server that can be made to swallow whatever is sent. */
beforeAll(async () => {
  database = await createTestDatabase('none')
  const { hostname, port } = new URL(database.url)
  way = createServer((client) => {
    const server = connect({ host: hostname, port: Number(port) })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    client.on('data', (chunk) => void (isSwallowing || server.write(chunk)))
    server.on('data', (chunk) => client.write(chunk))
  })
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => way.close(resolve))
  await database.drop()
})

describe('a pool whose way to the server swallows everything', () => {
  it('gives its connections up after a while, and asks again on new ones', async () => {
    const url = new URL(database.url)
    url.hostname = '127.0.0.1'
    url.port = String((way.address() as AddressInfo).port)
    const pool = createPool({ url: url.toString(), max: 2, silenceMs: 1000 })
    await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')])
    isSwallowing = true
    const failures = await Promise.all([0, 1].map(() => pool.query('SELECT 2').catch((error: unknown) => error)))
    expect(failures.map(isTransientDatabaseError)).toEqual([true, true])
    isSwallowing = false
    const again = await pool.query<{ n: number }>('SELECT 3 AS n')
    expect(again.rows).toEqual([{ n: 3 }])
    await pool.end()
  })
})

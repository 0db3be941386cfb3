import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listenHost } from './layout.ts'
import { assertPortsFree } from './ports.ts'

describe('ports', () => {
  it('names the process that holds a port', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, listenHost, resolve))
    const { port } = server.address() as AddressInfo
    try {
      const refused = assertPortsFree(new Map([[port, 'booking']]), listenHost)
      // Only Linux shows who it is.
      const owner = process.platform === 'linux' ? `pid ${process.pid}: .*node` : 'a process'
      await expect(refused).rejects.toThrow(new RegExp(`port ${port} \\(booking\\) is in use by ${owner}`))
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
    await expect(assertPortsFree(new Map([[port, 'booking']]), listenHost)).resolves.toBeUndefined()
  })
})

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeObject {
  metadata: { name: string; resourceVersion?: string; [member: string]: unknown }
  [member: string]: unknown
}

interface Change {
  path: string
  version: number
  line: string
}

/**
 * The part of the Kubernetes API that informers speak (API concepts, "Efficient detection of changes"): a list carries a resourceVersion, a watch
 * streams every change after it as a JSON line, and one that asks for forgotten history is told 410 Gone.
 */
export async function startFakeApiServer(token: string) {
  const objects = new Map<string, Map<string, FakeObject>>()
  const watches = new Map<ServerResponse, string>()
  const asked: string[] = []
  let history: Change[] = []
  let version = 100
  let forgottenUntil = 0
  let refused = false

  const collection = (path: string) => {
    const found = objects.get(path) ?? new Map<string, FakeObject>()
    objects.set(path, found)
    return found
  }
  function record(path: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: FakeObject): void {
    version += 1
    object.metadata.resourceVersion = String(version)
    const line = `${JSON.stringify({ type, object })}\n`
    history.push({ path, version, line })
    for (const [response, watched] of watches) if (watched === path) response.write(line)
  }
  const fail = (response: ServerResponse, code: number) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code }))

  function watch(response: ServerResponse, path: string, since: number): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    if (since < forgottenUntil) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' } })}\n`)
      return
    }
    response.flushHeaders()
    for (const change of history) if (change.path === path && change.version > since) response.write(change.line)
    watches.set(response, path)
    response.on('close', () => watches.delete(response))
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api')
    asked.push(`${url.searchParams.has('watch') ? 'watch' : 'list'} ${url.pathname}`)
    if (request.headers.authorization !== `Bearer ${token}`) fail(response, 401)
    else if (refused) fail(response, 503)
    else if (url.searchParams.get('watch') === 'true') watch(response, url.pathname, Number(url.searchParams.get('resourceVersion')))
    else
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(version) }, items: [...collection(url.pathname).values()] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    put(path: string, object: FakeObject): void {
      const known = collection(path).has(object.metadata.name)
      collection(path).set(object.metadata.name, object)
      record(path, known ? 'MODIFIED' : 'ADDED', object)
    },
    remove(path: string, name: string): void {
      const object = collection(path).get(name)!
      collection(path).delete(name)
      record(path, 'DELETED', object)
    },
    /** Forgets changes, so that whoever watches from an older version must list again. */
    compact(): void {
      history = []
      forgottenUntil = version
    },
    cutWatches(): void {
      for (const response of watches.keys()) response.destroy()
    },
    setRefused(value: boolean): void {
      refused = value
    },
    async stop(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

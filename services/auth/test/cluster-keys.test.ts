import { createAuthenticator, createLocalKeySource } from '@alcove/kit'
import { createTokenJudge } from '@alcove/testing'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClusterKeyReader } from '../src/clients/cluster-keys.ts'
import { createServiceKeySource } from '../src/crypto/key-sources.ts'

const issuer = 'https://kubernetes.default.svc.cluster.local'
let server: Server
let credentialsDir: string
let apiUrl: string
let keys: object[]
let status: number
let asked: string[]

beforeEach(async () => {
  credentialsDir = await mkdtemp(join(tmpdir(), 'alcove-credentials-'))
  await writeFile(join(credentialsDir, 'token'), 'own-token\n')
  keys = []
  status = 200
  asked = []
  // What a real one answers, members of no interest left in.
  server = createServer((request, response) => {
    asked.push(`${request.headers.authorization} ${request.url}`)
    const body =
      request.url === '/openid/v1/jwks' ? { keys } : { issuer, jwks_uri: 'https://10.0.0.1:6443/openid/v1/jwks', subject_types_supported: ['public'] }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(credentialsDir, { recursive: true })
})
const log = { warn: () => undefined }
const build = (freshMs = 0) => createClusterKeyReader({ apiUrl, credentialsDir, log, freshMs })
async function addKey(kid: string): Promise<CryptoKey> {
  const pair = await generateKeyPair('RS256', { extractable: true })
  keys = [...keys, { ...(await exportJWK(pair.privateKey)), kid, alg: 'RS256', use: 'sig' }]
  return pair.privateKey
}

describe('the cluster’s keys', () => {
  it('come with their issuer, asked for with the process’s own token, without private members', async () => {
    await addKey('one')
    const read = await build()()
    expect(read).toMatchObject({ issuer, keys: [{ kid: 'one', kty: 'RSA' }] })
    expect(read?.keys[0]?.d).toBeUndefined()
    expect(asked.sort()).toEqual(['Bearer own-token /.well-known/openid-configuration', 'Bearer own-token /openid/v1/jwks'])
  })
  it('are asked for once by many, and not again while fresh', async () => {
    const read = build(60_000)
    await Promise.all([read(), read(), read()])
    await read()
    expect(asked).toHaveLength(2)
  })
  it('are read with the token as it is now', async () => {
    const read = build()
    await read()
    await writeFile(join(credentialsDir, 'token'), 'renewed-token')
    await read()
    expect(asked.at(-1)).toContain('Bearer renewed-token')
  })
  it('are served on while the API server is away or refuses, and cannot be had before it was ever there', async () => {
    status = 503
    const read = build()
    await expect(read()).rejects.toThrow('503')
    status = 200
    await addKey('one')
    expect((await read())?.keys).toHaveLength(1)
    status = 401
    expect((await read())?.keys).toHaveLength(1)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect((await read())?.keys).toHaveLength(1)
  })
})

it('a token of a key that the cluster began to use a moment ago is good', async () => {
  const sign = (key: CryptoKey, kid: string, claims: object = {}) =>
    new SignJWT({ iss: issuer, aud: 'auth', sub: 'system:serviceaccount:alcove:gateway', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(key)
  const authenticator = createAuthenticator({
    service: 'auth',
    userTokenIssuer: 'http://auth',
    serviceTokenIssuer: '',
    serviceTokenNamespace: 'alcove',
    userKeys: createLocalKeySource({ keys: [] }),
    serviceKeys: createServiceKeySource(build()),
  })
  const judge = createTokenJudge(authenticator)
  const verify = (token: string) => judge.verifyService(`Bearer ${token}`)
  expect(await verify(await sign(await addKey('one'), 'one'))).toBe('gateway')
  const second = await addKey('two')
  await expect.poll(async () => verify(await sign(second, 'two')).catch(() => 'refused')).toBe('gateway')
  await expect(verify(await sign(second, 'two', { iss: 'https://elsewhere' }))).rejects.toThrow()
})

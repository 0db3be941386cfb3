import { getServiceStatus, type ServiceStatus } from '@alcove/contracts'
import { addOperation, createApp } from '@alcove/kit'
import { describe, expect, it } from 'vitest'
import { buildTestContext, createTokenJudge } from '../src/index.ts'

describe('test context', () => {
  it('makes tokens that the authenticator of the service accepts', async () => {
    const { tokens, authenticator } = await buildTestContext('reporting')
    const judge = createTokenJudge(authenticator)
    const person = await judge.verifyUser((await tokens.as(['operator'], '01890000-0000-7000-8000-000000000001')).authorization)
    expect(person).toMatchObject({ userId: '01890000-0000-7000-8000-000000000001', roles: ['operator'] })
    await expect(judge.verifyUser(`Bearer ${await tokens.userToken({ expiresInSeconds: -1 })}`)).rejects.toMatchObject({ status: 401 })
    await expect(judge.verifyUser(`Bearer ${await tokens.userToken({ audience: 'other' })}`)).rejects.toMatchObject({ status: 401 })
  })

  it('is enough to build an app and call an internal route', async () => {
    const context = await buildTestContext('reporting')
    const app = createApp(context)
    const operation = getServiceStatus('reporting')
    const body: ServiceStatus = { name: 'reporting', version: '1', health: 'ok', checks: {}, breakers: [], consumerLag: 0, outboxAgeSeconds: 0, deadLetters: 0 }
    addOperation(app, operation, async () => ({ status: 200, body }))
    expect((await app.inject({ url: operation.path })).statusCode).toBe(401)
    expect((await app.inject({ url: operation.path, headers: await context.tokens.asService('admin') })).statusCode).toBe(200)
    expect((await app.inject({ url: operation.path, headers: await context.tokens.asService('booking') })).statusCode).toBe(403)
    await app.close()
  })
})

import { createApp, createLogger, ProblemError, Registry, type Authenticator, type Principal } from '@alcove/kit'
import type { FastifyRequest } from 'fastify'

/** What an authenticator says of the header of a request; a refusal is thrown with its `slug` and `status`. */
export interface TokenJudge {
  verifyUser(header: string | undefined): Promise<Principal>
  verifyService(header: string | undefined): Promise<string>
}

/** Asks an authenticator through an application of its own, for it judges requests. */
export function createTokenJudge(authenticator: Authenticator): TokenJudge {
  const log = createLogger({ service: 'workspace', level: 'silent' })
  const app = createApp({ service: 'workspace', log, authenticator, clock: { now: () => new Date() }, version: '0.0.0-test', metrics: new Registry() })
  const answer = (verify: (request: FastifyRequest) => Promise<unknown>) => async (request: FastifyRequest) => {
    try {
      return { value: await verify(request) }
    } catch (error) {
      if (error instanceof ProblemError) return { refusal: { slug: error.slug, status: error.status } }
      throw error
    }
  }
  app.get('/person', answer(authenticator.verifyUser))
  app.get('/service', answer(authenticator.verifyService))

  async function ask<T>(url: string, name: string, header: string | undefined): Promise<T> {
    const response = await app.inject({ url, headers: header === undefined ? {} : { [name]: header } })
    if (response.statusCode !== 200) throw new Error(`the judge failed: ${response.body}`)
    const { value, refusal } = response.json<{ value: T; refusal?: { slug: string; status: number } }>()
    if (refusal) throw Object.assign(new Error(refusal.slug), refusal)
    return value
  }
  return {
    verifyUser: (header) => ask('/person', 'authorization', header),
    verifyService: (header) => ask('/service', 'x-service-authorization', header),
  }
}

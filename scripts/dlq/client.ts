import { call, type Answer, type CallOptions } from '../demo/caller.ts'
import type { Command } from './arguments.ts'

/** Nobody answers at the address. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** A request was refused; the message is the problem's own. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Asks the admin API as one person. Rejects with {@link Refused} for what is no success. */
export interface AdminApi {
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>
}

/** Who asks: whoever holds the token, else whoever logs in. */
export type Caller = Pick<Command, 'token' | 'email' | 'password'>

/** The admin API behind the gateway at `url`; logs in unless there is a token. */
export async function connect(url: string, caller: Caller): Promise<AdminApi> {
  const base = url.replace(/\/$/, '')
  const token = caller.token ?? (await logIn(base, caller))
  return {
    call: async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
      expectSuccess(await ask<T>(method, `${base}/api/v1/admin/dead-letters${path}`, { token, body })),
  }
}

async function logIn(url: string, { email, password }: Caller): Promise<string> {
  const answer = await ask<{ accessToken: string }>('POST', `${url}/api/v1/auth/login`, { body: { email, password } })
  return expectSuccess(answer).accessToken
}

/** One request. Rejects with {@link Unreachable} when nobody answers. */
export async function ask<T>(method: string, url: string, options: CallOptions): Promise<Answer<T>> {
  try {
    return await call<T>(method, url, options)
  } catch (error) {
    const { cause, message } = error as Error
    throw new Unreachable(`${new URL(url).origin} does not answer: ${cause instanceof Error ? cause.message || (cause as { code?: string }).code : message}`, {
      cause: error,
    })
  }
}

/** The body of a success. @throws {Refused} for any other answer, in the problem's own words */
export function expectSuccess<T>({ status, body }: Answer<T>): T {
  if (status < 400) return body
  const problem = body as { title?: string; detail?: string; errors?: { pointer: string; detail: string }[] }
  const places = (problem.errors ?? []).map(({ pointer, detail }) => ` ${pointer || '(all)'} ${detail}`).join(';')
  throw new Refused(`${status} ${problem.detail ?? problem.title ?? 'refused'}${places === '' ? '' : `:${places}`}`)
}

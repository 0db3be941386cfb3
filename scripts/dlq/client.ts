import { NotRunning, send } from '../control/client.ts'
import { call, type Answer } from '../demo/caller.ts'
import { getNodePort, root } from '../supervisor/layout.ts'
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

/** Finds the gateway and logs in unless there is a token. */
export async function connect(command: Pick<Command, 'url' | 'token' | 'email' | 'password'>): Promise<AdminApi> {
  const url = (command.url ?? (await findUrl())).replace(/\/$/, '')
  const token = command.token ?? (await logIn(url, command))
  return {
    call: async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
      expectSuccess(await ask<T>(method, `${url}/api/v1/admin/dead-letters${path}`, { token, body })),
  }
}

async function findUrl(): Promise<string> {
  // The daemon's socket is named from the repository's root.
  process.chdir(root)
  try {
    const { portBase } = await send('status', {})
    return `http://localhost:${getNodePort('gateway') + portBase}`
  } catch (error) {
    if (error instanceof NotRunning) return `http://localhost:${getNodePort('gateway')}`
    throw error
  }
}

async function logIn(url: string, { email, password }: Pick<Command, 'email' | 'password'>): Promise<string> {
  const answer = await ask<{ accessToken: string }>('POST', `${url}/api/v1/auth/login`, { body: { email, password } })
  return expectSuccess(answer).accessToken
}

async function ask<T>(method: string, url: string, options: { token?: string; body?: object }): Promise<Answer<T>> {
  try {
    return await call<T>(method, url, options)
  } catch (error) {
    const { cause, message } = error as Error
    throw new Unreachable(`${new URL(url).origin} does not answer: ${cause instanceof Error ? cause.message || (cause as { code?: string }).code : message}`, {
      cause: error,
    })
  }
}

function expectSuccess<T>({ status, body }: Answer<T>): T {
  if (status < 400) return body
  const problem = body as { title?: string; detail?: string; errors?: { pointer: string; detail: string }[] }
  const places = (problem.errors ?? []).map(({ pointer, detail }) => ` ${pointer || '(all)'} ${detail}`).join(';')
  throw new Refused(`${status} ${problem.detail ?? problem.title ?? 'refused'}${places === '' ? '' : `:${places}`}`)
}

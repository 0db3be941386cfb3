import { demoPassword, memberEmails } from './accounts.ts'
import { callExpecting, callPatiently, forEach, type CallOptions } from './caller.ts'
import { until } from '../supervisor/processes.ts'

/** Base addresses of the services, or the gateway's for all of them. */
export type DemoUrls = Readonly<Record<'auth' | 'user' | 'workspace' | 'booking' | 'payment', string>>

const CREDITS = 100
/** Password hashes take 19 MiB and a core each. */
const WIDTH = 3

export async function login(authUrl: string, email: string, headers?: CallOptions['headers']): Promise<string> {
  const body = { email, password: demoPassword }
  return (await callExpecting<{ accessToken: string }>(200, ['POST', `${authUrl}/v1/auth/login`], { body, headers })).accessToken
}

/** Logs everybody in, in the order of their numbers. */
async function loginMembers(urls: DemoUrls, headers: CallOptions['headers']): Promise<string[]> {
  const tokens = new Map<string, string>()
  await forEach(memberEmails, WIDTH, async (email) => void tokens.set(email, await login(urls.auth, email, headers)))
  return memberEmails.map((email) => tokens.get(email)!)
}

/** Settles when the accounts have reached the user service, which learns of them by events. */
async function waitForProfiles(urls: DemoUrls, tokens: readonly string[]): Promise<void> {
  await forEach(tokens, WIDTH, async (token) => {
    const isThere = async () => (await callPatiently('GET', `${urls.user}/v1/users/me`, { token })).status === 200
    if (!(await until(isThere, 30_000))) throw new Error('the demo accounts did not reach the user service')
  })
}

/** A hundred credits for each member who has never had any. */
async function grantCredits(urls: DemoUrls, operatorToken: string, tokens: readonly string[]): Promise<void> {
  const base = urls.payment
  await forEach(tokens, WIDTH * 2, async (token) => {
    const wallet = await callExpecting<{ id: string; balanceCredits: number; userId: string }>(200, ['GET', `${base}/v1/wallets/me`], { token })
    const past = await callExpecting<{ items: unknown[] }>(200, ['GET', `${base}/v1/wallets/${wallet.id}/transactions?limit=1`], { token })
    if (past.items.length > 0) return
    const body = { amountCredits: CREDITS, reason: 'Demo credits' }
    await callExpecting(201, ['POST', `${base}/v1/wallets/${wallet.id}/grants`], { token: operatorToken, body })
  })
}

/** Everybody has logged in once, has a profile and some credits; answers their tokens. */
export async function welcomeMembers(urls: DemoUrls, operator: string, headers?: CallOptions['headers']): Promise<string[]> {
  const tokens = await loginMembers(urls, headers)
  await waitForProfiles(urls, tokens)
  await grantCredits(urls, operator, tokens)
  return tokens
}

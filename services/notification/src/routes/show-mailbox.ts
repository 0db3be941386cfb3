import { randomBytes } from 'node:crypto'
import { showMailbox } from '@alcove/contracts'
import { addOperation, assertOwnName, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { Mailbox } from '../domain/stores.ts'
import { renderMailboxPage, toPagePolicy } from '../domain/templates/mailbox-page.ts'
import { readCursor } from '../errors.ts'
import { assertMayReadMailbox } from '../policies.ts'
import { presentMail } from '../presenters.ts'

export interface ShowMailboxDeps {
  /** Absent where mail leaves by SMTP: there is no mailbox to show. */
  readonly mailbox?: Mailbox
  readonly profile: 'local' | 'cluster'
  readonly publicBaseUrl: string
}

export const showMailboxRoute = (deps: ShowMailboxDeps) => async (app: FastifyInstance) => {
  addOperation(app, showMailbox, async ({ query }, { optionalPrincipal, raw }) => {
    assertMayReadMailbox(deps.profile, optionalPrincipal)
    if (deps.profile === 'local') assertOwnName(raw.request.headers.host, deps.publicBaseUrl)
    if (!deps.mailbox) throw notFound('Mail leaves by SMTP here; there is no mailbox.')
    if (!prefersJson(raw.request.headers.accept)) return renderPage()
    const { limit = 50, cursor, to } = query
    const page = await deps.mailbox.listMails({ to, limit, before: readCursor(cursor) })
    const body = { items: page.rows.map(presentMail), nextCursor: page.nextCursor }
    return { status: 200, body, headers: { 'cache-control': 'no-store', vary: 'accept' } }
  })
}

function renderPage() {
  const nonce = randomBytes(16).toString('base64')
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': toPagePolicy(nonce), 'cache-control': 'no-store', vary: 'accept' }
  return { status: 200 as const, body: renderMailboxPage(nonce), headers }
}

/** Browsers name `text/html` first; whoever names JSON and not HTML before it is a program. */
function prefersJson(accept: string | undefined): boolean {
  const wanted = (accept ?? '').toLowerCase()
  const json = wanted.indexOf('application/json')
  const html = wanted.indexOf('text/html')
  return json >= 0 && (html < 0 || json < html)
}

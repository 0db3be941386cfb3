import { problems, ruleCodes, type ProblemSlug } from '@alcove/contracts'
import { escapeHtml, renderPage, type Page } from './page.ts'

/** What to do about a problem, where its title does not say so already. */
const advice: Partial<Record<ProblemSlug, string>> = {
  malformed: 'Every field that is not valid is listed in <code>errors</code> with its JSON pointer.',
  unauthenticated:
    'Log in at <code>POST /api/v1/auth/login</code> and send the token as <code>Authorization: Bearer</code>. A session that ended is unknown within seconds.',
  'slot-conflict': '<code>conflicts</code> has the times already taken, <code>alternatives</code> up to three free ones.',
  'version-stale': 'Read the resource again and repeat the change with its new <code>ETag</code>.',
  'precondition-required': 'Send the <code>ETag</code> you read as <code>If-Match</code>.',
  'idempotency-in-progress': 'Repeat the request with the same key after <code>Retry-After</code> seconds.',
  'idempotency-key-reused': 'Use a new <code>Idempotency-Key</code> for another request.',
  'rate-limited': 'Wait <code>Retry-After</code> seconds; <code>RateLimit</code> and <code>RateLimit-Policy</code> say what is left.',
  'dependency-unavailable':
    '<code>dependency</code> says which part is missing. Nothing was half done; repeat after <code>Retry-After</code> seconds, with the same <code>Idempotency-Key</code>.',
  'deadline-exceeded': 'The request may still be carried out. Repeat it with the same <code>Idempotency-Key</code> to learn what became of it.',
  'rules-broken': `Every broken rule is listed in <code>errors</code>: ${ruleCodes.map((code) => `<code>${code}</code>`).join(', ')}.`,
}

/** The page a problem's `type` leads to. */
export function renderProblemPage(slug: ProblemSlug): Page {
  const { status, title } = problems[slug]
  const content =
    `<p class="dim">Problem · ${status}</p><h1>${escapeHtml(title)}</h1><p><code>/problems/${slug}</code></p>` +
    `${advice[slug] ? `<div class="card pad">${advice[slug]}</div>` : ''}` +
    `<h2>All problems</h2><ul>${Object.entries(problems)
      .map(([name, other]) => `<li><a href="/problems/${name}">${name}</a> <span class="dim">${other.status} · ${escapeHtml(other.title)}</span></li>`)
      .join('')}</ul><p><a href="/api/docs">API documentation</a></p>`
  return renderPage({ title: `${title} · Alcove`, content })
}

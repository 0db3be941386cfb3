import { renderPage, type Page } from './page.ts'

const links: readonly (readonly [string, string, string])[] = [
  ['/api/docs', 'API documentation', 'every route, readable'],
  ['/api/openapi.json', 'OpenAPI 3.1', 'the same for programs'],
  ['/api/asyncapi.json', 'AsyncAPI 3', 'every event, for programs'],
  ['/dev/mailbox', 'Mailbox', 'mails that would have been sent'],
  ['/api/v1/health/detailed', 'Health', 'each service, databases, transport'],
  ['/gateway/services', 'Registry', 'addresses, breakers, ejections'],
  ['/problems/rules-broken', 'Problems', 'what each error means'],
]

/** The page at `/`: where to go from here. */
export function renderStartPage(): Page {
  const rows = links.map(([href, name, text]) => `<tr><td><a href="${href}">${name}</a></td><td class="dim">${text}</td></tr>`).join('')
  return renderPage({
    title: 'Alcove',
    content: `<h1>Alcove</h1><p class="dim">Workspace booking</p><div class="card"><table>${rows}</table></div>`,
  })
}

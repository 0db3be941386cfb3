import { docsScript, docsStyles } from './docs-assets.ts'
import { renderPage, type Page } from './page.ts'

/** The documentation page: renders `/api/openapi.json` in the browser, with nothing from anywhere else. */
export function renderDocsPage(): Page {
  const content =
    '<h1>Alcove API</h1><p class="dim" id="about">Loading the description…</p>' +
    '<p class="dim">What the services tell each other, and anybody who listens on the broker: <a href="/api/asyncapi.json">AsyncAPI 3</a>.</p>' +
    '<p><input id="filter" type="search" placeholder="Filter by path, word or role" aria-label="Filter operations" autocomplete="off"></p>' +
    '<div id="operations"></div><noscript><p>This page needs JavaScript; the description itself is <a href="/api/openapi.json">here</a>.</p></noscript>'
  return renderPage({ title: 'Alcove API', content, styles: docsStyles, script: docsScript })
}

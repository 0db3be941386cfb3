import { createHash } from 'node:crypto'
import { showApiDocs } from '@alcove/contracts'
import { notePath } from '@alcove/kit'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'

const scriptPath = `${showApiDocs.path}/js/scalar.js`

/**
 * The API reference at `/api/docs`: Scalar over `/api/openapi.json`, with requests that can be tried against this installation. Everything comes from the
 * gateway. Only Scalar's own file and the line that starts it may run; styles are free because Scalar sets them on elements as it draws. A token that
 * somebody enters stays in the page's memory.
 */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    if (typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')) {
      reply.header('content-security-policy', buildPolicy(payload))
    }
    return payload
  })
  for (const path of [showApiDocs.path, scriptPath]) notePath(app, 'GET', path)
  await app.register(scalar, {
    routePrefix: showApiDocs.path,
    configuration: {
      url: '/api/openapi.json',
      // Absolute: the page is the same with and without a slash at its end.
      cdn: scriptPath,
      pageTitle: 'Alcove API',
      authentication: { preferredSecurityScheme: 'bearer' },
      // Nothing from other hosts: no fonts, no proxy for requests, no hosted client, no reports of use.
      withDefaultFonts: false,
      proxyUrl: '',
      hideClientButton: true,
      telemetry: false,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
}

function buildPolicy(html: string): string {
  const inline = [...html.matchAll(/<script[^>]*>([^<]+)<\/script>/g)].map(([, source]) => `'sha256-${createHash('sha256').update(source!).digest('base64')}'`)
  return [
    "default-src 'none'",
    `script-src 'self' ${inline.join(' ')}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

import type { IncomingMessage } from 'node:http'

/** Scheme, then a host without user information, then whatever follows. */
const absoluteForm = /^https?:\/\/([^/?#@\s]+)([/?].*)?$/i

/**
 * A request's target in origin form, as everything that looks at it expects it: path and query. The absolute form (RFC 9112, 3.2.2) means its path, with its
 * authority as `Host`; a fragment is no part of a target and is left out. Any other form begins no path of ours and becomes one that nothing matches.
 */
export function toOriginForm({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string {
  const hash = url.indexOf('#')
  const target = hash === -1 ? url : url.slice(0, hash)
  if (target.startsWith('/')) return target
  const [, authority, rest = '/'] = absoluteForm.exec(target) ?? []
  if (authority === undefined) return `/${target}`
  headers.host = authority
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Whether a target holds only what one may hold (RFC 3986): bytes beyond ASCII, written as they are, mean something else to each reader. */
export function isPlainTarget(target: string): boolean {
  return /^[\x21-\x7e]*$/.test(target)
}

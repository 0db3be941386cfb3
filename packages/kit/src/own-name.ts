import { isIP } from 'node:net'
import { forbidden } from './errors.ts'

/**
 * For what a process on somebody's own machine shows to anybody who reaches it: a page of the web whose name is made to point at this machine (DNS rebinding)
 * would be of the same origin and could read it. Such a page comes by its name, so only `localhost`, addresses and the public base URL's name are served.
 * @throws {ProblemError} `forbidden`
 */
export function assertOwnName(host: string | undefined, publicBaseUrl: string): void {
  const name = hostnameOf(`http://${host ?? ''}`)
  const isOwn = name !== undefined && (name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[|\]$/g, '')) > 0)
  if (isOwn || (name !== undefined && name === hostnameOf(publicBaseUrl))) return
  throw forbidden('This is served under localhost, an IP address or the public base URL only.')
}

const hostnameOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).hostname.toLowerCase() : undefined)

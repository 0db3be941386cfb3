import ipaddr from 'ipaddr.js'

/** Where a request came from, as limits count it. */
export interface Source {
  /** The address itself, in one spelling. */
  address: string
  /** What one client has: an IPv4 address, or the /64 that an IPv6 client chooses its addresses from (RFC 6177). */
  client: string
  /** What one customer of a provider may have: an IPv4 /24 or an IPv6 /48. */
  network: string
}

/** Prefixes whose last four bytes are an IPv4 address: mapped (RFC 4291), translated (RFC 6145), NAT64 (RFC 6052). */
const ipv4InIpv6 = new Set(['ipv4Mapped', 'rfc6145', 'rfc6052'])

/**
 * An address as a source; undefined for what is none. An IPv4 address inside an IPv6 one is that IPv4 address. Port and brackets, which some proxies write
 * into `X-Forwarded-For`, are left out.
 */
export function readSource(text: string): Source | undefined {
  const bare = text
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return fromIpv4(ipaddr.IPv4.parse(bare).toByteArray())
  if (!ipaddr.IPv6.isValid(bare)) return undefined
  const address = ipaddr.IPv6.parse(bare)
  if (ipv4InIpv6.has(address.range())) return fromIpv4(address.toByteArray().slice(-4))
  const prefix = (groups: number) =>
    `${address.parts
      .slice(0, groups)
      .map((part) => part.toString(16))
      .join(':')}::/${groups * 16}`
  // A zone names a link of this machine and no client.
  return { address: address.toString().split('%')[0]!, client: prefix(4), network: prefix(3) }
}

function fromIpv4(bytes: number[]): Source {
  const address = bytes.join('.')
  return { address, client: address, network: `${bytes.slice(0, 3).join('.')}.0/24` }
}

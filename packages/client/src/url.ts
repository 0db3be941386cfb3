type Values = Record<string, unknown>

function toText(value: unknown): string {
  return encodeURIComponent(String(value))
}

/** Turns `/v1/bookings/{id}` into a function of path and query parameters; lists repeat their name, `undefined` is left out. */
export function compilePath(template: string): (params?: unknown, query?: unknown) => string {
  const parts = template.split(/\{([^}]+)\}/)
  return (params, query) => {
    let path = parts[0]!
    for (let index = 1; index < parts.length; index += 2) {
      const value = (params as Values | undefined)?.[parts[index]!]
      // Dots are not encoded, and a path with such a segment is another path.
      if (value === undefined || ['', '.', '..'].includes(String(value))) throw new Error(`the path ${template} needs ${parts[index]}`)
      path += toText(value) + parts[index + 1]!
    }
    const pairs: string[] = []
    for (const [name, value] of Object.entries((query as Values | undefined) ?? {})) {
      for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) pairs.push(`${toText(name)}=${toText(each)}`)
    }
    return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
  }
}

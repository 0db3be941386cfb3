/** What separates segments, moves between them, or is no character of a name: no service has a resource of that name, and a path with it is another path. */
const foreign = /[/\\\p{Cc}]|^\.{0,2}$/u

/**
 * Makes the path that a service is asked for from the route that matched (`/v1/bookings/{id}`) and the decoded values of its parameters, encoded anew; the
 * client's own spelling of it never goes further. The query goes on as it was written. undefined: no service has such a path.
 */
export function compileForwardPath(template: string): (params: Readonly<Record<string, string>>, url: string) => string | undefined {
  const parts = template.split(/\{([^}]+)\}/)
  return (params, url) => {
    let path = parts[0]!
    for (let index = 1; index < parts.length; index += 2) {
      const value = params[parts[index]!]
      if (value === undefined || foreign.test(value) || !value.isWellFormed()) return undefined
      path += encodeURIComponent(value) + parts[index + 1]!
    }
    const mark = url.indexOf('?')
    return mark === -1 ? path : path + url.slice(mark)
  }
}

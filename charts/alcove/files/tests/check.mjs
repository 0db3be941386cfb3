// What `helm test` says: one line a check, and an exit code. Runs in an image of Alcove, so Node is all there is.
let failures = 0

export async function check(what, run) {
  try {
    const detail = await run()
    console.log(`ok       ${what}${detail ? `: ${detail}` : ''}`)
  } catch (error) {
    failures += 1
    console.log(`FAILED   ${what}: ${error.message}`)
  }
}

export function assert(condition, otherwise) {
  if (!condition) throw new Error(otherwise)
}

export function end() {
  console.log(failures === 0 ? 'all checks passed' : `${failures} checks failed`)
  process.exit(failures === 0 ? 0 : 1)
}

/** One request; JSON in and out, 20 s at most. */
export async function call(method, url, { token, body, headers = {} } = {}) {
  const response = await fetch(url, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

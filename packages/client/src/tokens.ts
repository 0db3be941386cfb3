import type { ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const recheckMs = 1000

/** Reads the projected token for a callee from `<dir>/<callee>`; the file is looked at again at most once a second. */
export function createTokenReader(directory: string): (callee: ServiceName) => string {
  const known = new Map<ServiceName, { token: string; stamp: string; checkedAt: number }>()
  return (callee) => {
    const entry = known.get(callee)
    const now = performance.now()
    if (entry && now - entry.checkedAt < recheckMs) return entry.token
    const file = join(directory, callee)
    try {
      const { mtimeMs, ino } = statSync(file)
      const stamp = `${mtimeMs}:${ino}`
      if (entry?.stamp === stamp) {
        entry.checkedAt = now
        return entry.token
      }
      const token = readFileSync(file, 'utf8').trim()
      known.set(callee, { token, stamp, checkedAt: now })
      return token
    } catch (cause) {
      throw new DependencyError(callee, { sent: false, reason: 'refused', cause })
    }
  }
}

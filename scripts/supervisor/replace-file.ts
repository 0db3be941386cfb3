import { renameSync, writeFileSync } from 'node:fs'

/** Readers see the old content or the new, never half of it; only this user may read it. */
export function replaceFile(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

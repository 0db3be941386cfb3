import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../supervisor/replace-file.ts'

/** How far the demo data have come; kept beside the data they describe. */
export interface Progress {
  /** The moment around which bookings lie: when it was begun. */
  readonly now: number
  /** Product time up to which bookings were played. */
  readonly playedUntil: number
  readonly done: boolean
}

const fileOf = (dir: string) => join(dir, 'demo.json')

export function readProgress(dir: string): Progress {
  return existsSync(fileOf(dir)) ? (JSON.parse(readFileSync(fileOf(dir), 'utf8')) as Progress) : { now: Date.now(), playedUntil: 0, done: false }
}

export function saveProgress(dir: string, progress: Progress): void {
  replaceFile(fileOf(dir), JSON.stringify(progress))
}

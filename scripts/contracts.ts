import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { collectEventSchemas, listBreaks, type EventSchemas } from '@alcove/contracts'

// `pnpm contracts:check` holds the event schemas against the last released ones; `pnpm contracts:release` makes the present
// ones the released ones, part of every release. Released schemas only grow: what would break them is refused there too.
const released = join(fileURLToPath(new URL('..', import.meta.url)), 'packages/contracts/released')

function readReleased(): EventSchemas {
  mkdirSync(released, { recursive: true })
  return Object.fromEntries(readdirSync(released).map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(join(released, file), 'utf8'))]))
}

const current = collectEventSchemas()
const breaks = listBreaks(readReleased(), current)
for (const { path, problem } of breaks) console.error(`${path}: ${problem}`)
if (breaks.length > 0) {
  console.error('\nEvents may only gain optional members. Anything else is a new version of the type beside the old one: docs/events-v2.md')
  process.exit(1)
}
if (process.argv.includes('--release')) {
  for (const [topic, types] of Object.entries(current)) writeFileSync(join(released, `${topic}.json`), `${JSON.stringify(types, null, 2)}\n`)
}

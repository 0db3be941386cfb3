import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listCommands, writeLaunchers } from './bundle/commands.ts'

// `node scripts/launchers.ts <service> <directory>`: commands of the same names as a bundle's, which run the sources. The
// development image has them in place of the bundle, so that a saved source is what runs next.
const root = fileURLToPath(new URL('..', import.meta.url))
const [service = '', target = ''] = process.argv.slice(2)
if (target === '') {
  console.error('usage: node scripts/launchers.ts <service> <directory>')
  process.exit(2)
}
const out = resolve(target)
mkdirSync(out, { recursive: true })
const commands = listCommands(root, service)
writeLaunchers(commands, dirname(out))
for (const [name, file] of Object.entries(commands)) writeFileSync(join(out, `${name}.js`), `await import('${relative(out, file)}')\n`)

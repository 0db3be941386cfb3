import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// `pnpm new service <name>`: a service that passes its own tests, ready to be made into something else.
const root = fileURLToPath(new URL('..', import.meta.url))
const templates = join(root, 'scripts/templates')
const at = (path: string) => join(root, path)
const read = (path: string) => readFileSync(at(path), 'utf8')

const [what, name = '', ...flags] = process.argv.slice(2)
if (what !== 'service' || !/^[a-z]{2,20}$/.test(name)) {
  console.error('usage: pnpm new service <name>; the name is one word of small letters, since variables and token files are named by it')
  process.exit(2)
}
if (existsSync(at(`services/${name}`))) {
  console.error(`services/${name} is there already`)
  process.exit(1)
}

const port = findFreePort()
const words: Readonly<Record<string, string>> = { __name__: name, __Name__: name[0]!.toUpperCase() + name.slice(1), __port__: String(port) }
const fill = (text: string) => Object.entries(words).reduce((filled, [word, value]) => filled.replaceAll(word, value), text)

for (const file of readdirSync(join(templates, 'service'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.tmpl'))) {
  write(`services/${name}/${file.slice(0, -'.tmpl'.length)}`, fill(readFileSync(join(templates, 'service', file), 'utf8')))
}
write(`packages/contracts/src/${name}.ts`, fill(readFileSync(join(templates, 'contracts.ts.tmpl'), 'utf8')))
extend('packages/contracts/src/services.ts', /'\] as const/, `', '${name}'] as const`)
extend('packages/contracts/src/index.ts', /(import \* as workspace .*\n)/, `$1import * as ${name} from './${name}.ts'\n`)
extend('packages/contracts/src/index.ts', /(export \* from '\.\/workspace\.ts'\n)/, `$1export * from './${name}.ts'\n`)
extend('packages/contracts/src/index.ts', /\n  internal,\n\]/, `\n  ${name},\n  internal,\n]`)
run('scripts/graph.ts', '--write')
// The name's length decides where lines break.
run('node_modules/oxfmt/bin/oxfmt', `services/${name}`, `packages/contracts/src/${name}.ts`)
if (!flags.includes('--no-install')) install()

console.log(`services/${name} is there, on port ${port}. Next:
  node_modules/.bin/vitest run services/${name}
  pnpm schema:write, which shows what its migrations make
  its schemas in packages/contracts/src/${name}.ts, a line in docs/architecture.md and in the gateway's table`)

function findFreePort(): number {
  const used = readdirSync(at('services'))
    .filter((service) => existsSync(at(`services/${service}/service.yaml`)))
    .map((service) => Number(/^port: (\d+)/m.exec(read(`services/${service}/service.yaml`))?.[1]))
  // The gateway stands apart at 4000.
  return Math.max(...used.filter((candidate) => candidate < 4000)) + 1
}

function write(path: string, content: string): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}

function extend(path: string, pattern: RegExp, replacement: string): void {
  const before = read(path)
  const after = before.replace(pattern, replacement)
  if (after === before) throw new Error(`${path} no longer looks as scripts/new.ts expects`)
  writeFileSync(at(path), after)
}

function run(...args: readonly string[]): void {
  if (spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0) process.exit(1)
}

function install(): void {
  const { status } = spawnSync('npx', ['--yes', 'pnpm@12', 'install', '--no-frozen-lockfile'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CI: '1' },
  })
  if (status !== 0) process.exit(1)
  run('scripts/generate.ts')
}

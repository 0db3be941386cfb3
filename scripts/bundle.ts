import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { listCommands, writeLaunchers } from './bundle/commands.ts'

// `node scripts/bundle.ts <service> <directory>`: makes the directory that an image of the service holds as /app.
//   dist/*.js with source maps       one file per command and what they share; nothing else of node_modules is needed
//   bin/alcove                       admin's: what operators call by name
//   prisma/migrations, migrations    where the code looks for them beside dist/, as it does beside src/
//   node_modules/                    native packages, which no bundle can hold
const root = fileURLToPath(new URL('..', import.meta.url))

/** Packages with machine code: kept as they are, with the build for this platform. */
const NATIVE = ['@node-rs/argon2']

const [service = '', target = ''] = process.argv.slice(2)
const home = join(root, 'services', service)
if (target === '' || !existsSync(join(home, 'src/main.ts'))) {
  console.error('usage: node scripts/bundle.ts <service> <directory>')
  process.exit(2)
}
const out = resolve(target)
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const commands = listCommands(root, service)
const external = await bundle(commands)
writeLaunchers(commands, out)
copyMigrations()
for (const name of external) copyNative(name)
writeFileSync(join(out, 'package.json'), JSON.stringify({ name: `@alcove/${service}`, version: readVersion(), private: true, type: 'module' }))

async function bundle(input: Record<string, string>): Promise<Set<string>> {
  const used = new Set<string>()
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    // Node holds the maps in memory: those of packages took 40 MB in each process, and a line of ours tells more.
    plugins: [{ name: 'unmapped packages', transform: { filter: { id: /node_modules/ }, handler: (code) => ({ code, map: { mappings: '' } }) } }],
    external: (id) => {
      const name = NATIVE.find((native) => id === native || id.startsWith(`${native}/`))
      if (name) used.add(name)
      return name !== undefined
    },
  })
  // All in one folder: files find what lies beside it by `import.meta.url`.
  await build.write({
    dir: join(out, 'dist'),
    format: 'esm',
    sourcemap: true,
    sourcemapExcludeSources: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared-[hash].js',
  })
  await build.close()
  return used
}

function copyMigrations(): void {
  const own = join(home, 'prisma/migrations')
  if (!existsSync(own)) return
  cpSync(own, join(out, 'prisma/migrations'), { recursive: true })
  cpSync(join(root, 'packages/events/migrations'), join(out, 'migrations'), { recursive: true })
  // `databases` is auth's alone.
  if (service === 'auth') cpSync(join(root, 'packages/events/log-migrations'), join(out, 'log-migrations'), { recursive: true })
}

/** Copies a package and those of its optional dependencies that are installed: the one for this platform. */
function copyNative(name: string): void {
  const manifest = createRequire(join(home, 'src/main.ts')).resolve(`${name}/package.json`)
  const { optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { optionalDependencies?: Record<string, string> }
  const manifests = Object.keys(optionalDependencies).flatMap((optional) => {
    try {
      return [[optional, createRequire(manifest).resolve(`${optional}/package.json`)] as const]
    } catch {
      return []
    }
  })
  if (manifests.length === 0) throw new Error(`no build of ${name} for this platform is installed`)
  for (const [each, file] of [[name, manifest] as const, ...manifests]) {
    cpSync(dirname(file), join(out, 'node_modules', each), {
      recursive: true,
      dereference: true,
      filter: (path) => !path.slice(dirname(file).length).includes('node_modules'),
    })
  }
}

function readVersion(): string {
  return (JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }).version
}

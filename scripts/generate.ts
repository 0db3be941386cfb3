import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Makes every service's Prisma client from its schema: `pnpm generate`, and by itself before `make up` and `make test`.
// Clients are not in git; one is made again only when its schema or Prisma itself has changed.
const root = fileURLToPath(new URL('..', import.meta.url))
const prismaPackage = createRequire(import.meta.url).resolve('prisma/package.json')
const prisma = join(dirname(prismaPackage), 'build/index.js')
const prismaVersion = (JSON.parse(readFileSync(prismaPackage, 'utf8')) as { version: string }).version

async function generate(service: string): Promise<boolean> {
  const schema = join(root, 'services', service, 'prisma/schema.prisma')
  const target = join(root, 'services', service, 'src/generated/prisma')
  const stamp = join(target, '.made-from')
  const fingerprint = createHash('sha256').update(prismaVersion).update(readFileSync(schema)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return false
  rmSync(stamp, { force: true })
  await runPrisma(schema, service)
  writeFileSync(stamp, fingerprint)
  return true
}

function runPrisma(schema: string, service: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Generating needs no schema engine, but Prisma looks for one and would download it: any existing program quiets it.
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' }
    const child = spawn(process.execPath, [prisma, 'generate', '--schema', schema], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`prisma generate failed for ${service}:\n${output}`))))
  })
}

const services = readdirSync(join(root, 'services')).filter((name) => existsSync(join(root, 'services', name, 'prisma/schema.prisma')))
const made = await Promise.all(services.map(async (service) => ((await generate(service)) ? service : '')))
const names = made.filter((name) => name !== '')
if (names.length > 0) console.log(`generated the database clients of ${names.join(', ')}`)

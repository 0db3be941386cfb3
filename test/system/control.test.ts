import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeBinary, root } from '../../scripts/supervisor/layout.ts'
import { findStart, isAlive, until, type ProcessIdentity } from '../../scripts/supervisor/processes.ts'
import { findPortBase, runScript } from './commands.ts'

const dir = mkdtempSync(join(tmpdir(), 'alcove-control-'))
const LIMIT_MS = 60_000
let portBase = 0

/** The command behind a Makefile target, in a stack of its own. */
function alcove(...args: string[]) {
  const [command, ...rest] = args
  const variables = Object.fromEntries(rest.filter((arg) => arg.includes('=')).map((arg) => arg.split('=')))
  const target = rest.find((arg) => !arg.includes('='))
  return runScript(dir, 'alcove.ts', [command!, ...(target ? [target] : [])], { DEMO: 'off', ...variables })
}
/** Without waiting for it: two can be started at once. */
async function upLater(): Promise<{ status: number | null; output: string }> {
  const env = { ...process.env, ALCOVE_DIR: dir, DEMO: 'off', PORT_BASE: String(portBase) }
  const child = spawn(nodeBinary, ['scripts/alcove.ts', 'up'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [status, out, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { status, output: out + errors }
}
const up = (...variables: string[]) => alcove('up', `PORT_BASE=${portBase}`, ...variables)
const recorded = () =>
  JSON.parse(readFileSync(join(dir, 'processes.json'), 'utf8')) as { supervisor: ProcessIdentity; processes: ProcessIdentity[]; postgres: ProcessIdentity }
const everyProcess = () => [recorded().supervisor, ...recorded().processes, recorded().postgres]
/** On a connection of its own: one kept from before may belong to a process that was killed while a command ran. */
const health = (port: number) =>
  fetch(`http://127.0.0.1:${port + portBase}/health`, { headers: { connection: 'close' } }).then(
    (answer) => answer.status,
    () => 0,
  )

beforeAll(async () => {
  portBase = await findPortBase()
})
afterAll(() => {
  alcove('reset')
  rmSync(dir, { recursive: true, force: true })
})

describe('make up', () => {
  it('returns once all is ready, and says where', async () => {
    const started = up()
    expect(started, started.output).toMatchObject({ status: 0 })
    expect(started.output).toContain(`http://localhost:${4000 + portBase}/api/v1`)
    expect(await health(4000)).toBe(200)
    expect(alcove('status').output).toMatch(/^booking +ready +\d+/m)
  })

  it('is the same for two who ask in the same moment', async () => {
    alcove('down')
    const [first, second] = await Promise.all([upLater(), upLater()])
    expect([first.status, second.status], first.output + second.output).toEqual([0, 0])
    expect(await health(4000)).toBe(200)
  })

  it('says so when it runs already, with the same processes', () => {
    const before = everyProcess()
    expect(up()).toMatchObject({ status: 0, output: expect.stringContaining('already running') })
    expect(everyProcess()).toEqual(before)
  })

  it('adds replicas behind the same address', async () => {
    expect(up('N_payment=2').output).toContain('payment now has 2 replicas')
    expect(alcove('status').output).toMatch(/^payment\.2 +ready/m)
    expect(await health(3004)).toBe(200)
  })

  it('refuses ports that the machine does not have, or gives away', () => {
    for (const base of ['64000', '-1', 'many'])
      expect(up(`PORT_BASE=${base}`)).toMatchObject({
        status: 1,
        output: expect.stringMatching(new RegExp(`^PORT_BASE=${base} .*: choose one from 0 to \\d+, such as PORT_BASE=\\d+\n$`)),
      })
  })

  it('names the process that holds a port', () => {
    const second = mkdtempSync(join(tmpdir(), 'alcove-control-'))
    const refused = up(`ALCOVE_DIR=${second}`)
    expect(refused).toMatchObject({ status: 1, output: expect.stringMatching(/port \d+ \(gateway\) is in use by pid \d+/) })
    rmSync(second, { recursive: true })
  })
})

describe('make stop and start', () => {
  it('really stop a service and bring it back', async () => {
    expect(alcove('stop', 'payment').output).toContain('payment is stopped')
    expect(await health(3004)).toBe(0)
    expect(alcove('start', 'payment').output).toContain('payment is running')
    expect(await health(3004)).toBe(200)
  })

  it('restart what crashed, and show it', async () => {
    const pid = Number(/^user +ready +(\d+)/m.exec(alcove('status').output)?.[1])
    process.kill(pid, 'SIGKILL')
    const isBack = () => /^user +ready +\d+ .* 1 +signal SIGKILL/m.test(alcove('status').output)
    expect(await until(isBack, LIMIT_MS)).toBe(true)
  })
})

describe('a killed PostgreSQL', () => {
  it('comes back, and the services with it', async () => {
    const before = recorded().postgres
    process.kill(before.pid, 'SIGKILL')
    const isBack = () => recorded().postgres?.pid !== undefined && recorded().postgres.pid !== before.pid && isAlive(recorded().postgres)
    expect(await until(isBack, LIMIT_MS)).toBe(true)
    const isReady = async () =>
      (await fetch(`http://127.0.0.1:${9003 + portBase}/readyz`).then(
        (answer) => answer.status,
        () => 0,
      )) === 200
    expect(await until(isReady, LIMIT_MS)).toBe(true)
  })
})

describe('a killed supervisor', () => {
  it('is replaced by the next make up, which ends what it left', async () => {
    const before = everyProcess()
    process.kill(before[0]!.pid, 'SIGKILL')
    expect(await until(() => findStart(before[0]!.pid) !== before[0]!.startedAt, LIMIT_MS)).toBe(true)
    expect(alcove('status')).toMatchObject({ status: 3, output: expect.stringContaining('not running') })
    expect(before.slice(1).every(isAlive)).toBe(true)
    const started = up()
    expect(started, started.output).toMatchObject({ status: 0, output: expect.stringContaining('that an earlier run had left behind') })
    expect(before.filter(isAlive)).toEqual([])
    expect(await health(4000)).toBe(200)
  })

  it('leaves nothing for make down to forget', () => {
    const before = everyProcess()
    process.kill(before[0]!.pid, 'SIGKILL')
    expect(alcove('down').output).toContain('supervisor was gone')
    expect(before.filter(isAlive)).toEqual([])
  })
})

describe('make down', () => {
  it('leaves no process, and keeps the data', () => {
    expect(up().status).toBe(0)
    const before = everyProcess()
    expect(alcove('down')).toMatchObject({ status: 0, output: expect.stringContaining('Alcove is down') })
    expect(before.filter(isAlive)).toEqual([])
    expect(readFileSync(join(dir, 'secrets.json'), 'utf8')).toContain('issuerKey')
    expect(alcove('down').output).toContain('not running')
  })
})

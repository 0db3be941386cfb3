import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { isPortFree } from '@alcove/testing/free-ports'
import { allServices, listenHost, nodeBinary, planFixedPorts, root } from '../../scripts/supervisor/layout.ts'

/** Runs a script of this checkout to its end, as a Makefile target does, for the stack in `dir`. */
export function runScript(dir: string, script: string, args: readonly string[] = [], variables: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ALCOVE_DIR: dir, ...variables }
  const { status, stdout, stderr } = spawnSync(nodeBinary, [join('scripts', script), ...args], { cwd: root, env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/**
 * For `PORT_BASE`: ports of a whole stack that nobody uses and that no other run of tests on this machine is given as
 * long as this process lives. All lie below those that `findFreePorts` gives out.
 */
export async function findPortBase(): Promise<number> {
  for (const { portBase, ports, lock } of listPlaces()) {
    if (!(await hold(lock))) continue
    const free = await Promise.all(ports.map((port) => isPortFree(port, listenHost)))
    if (!free.includes(false)) return portBase
  }
  throw new Error('no PORT_BASE from 600 to 6000 is left for a stack of this test')
}

/** Bases that share no port, with room for three replicas. Each has one port more, which a run holds to have the base for itself. */
function listPlaces() {
  const taken = new Set<number>()
  const places: { portBase: number; ports: number[]; lock: number }[] = []
  for (let portBase = 600; portBase < 6000; portBase += 21) {
    const plan = planFixedPorts(portBase)
    const pairs = allServices.flatMap((service) => [plan.service(service), ...[1, 2, 3].map((replica) => plan.replica(service, replica))])
    const ports = [plan.postgres, ...plan.kafka, ...pairs.flatMap(({ port, opsPort }) => [port, opsPort])]
    const lock = portBase + 2999
    if ([lock, ...ports].some((port) => taken.has(port))) continue
    for (const port of [lock, ...ports]) taken.add(port)
    places.push({ portBase, ports, lock })
  }
  return places
}

function hold(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(false))
    server.listen({ port, host: listenHost, exclusive: true }, () => {
      server.unref()
      resolve(true)
    })
  })
}

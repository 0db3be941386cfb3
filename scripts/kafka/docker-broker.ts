import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { COMPILER, type BrokerRuntime } from './runtime.ts'

/** The same version as in pom.xml. */
const IMAGE = 'apache/kafka:4.3.1'
const CLUSTER_ID = 'AlcoveLocalCluster0000'
/** Where the image looks for properties that replace its own. */
const CONFIG_DIR = '/mnt/shared/config'

/** Options of {@link createDockerBroker}. */
export interface DockerBrokerOptions {
  readonly name: string
  readonly network: string
  /** Of this broker alone, on this machine: its properties. */
  readonly dir: string
  readonly port: number
  readonly properties: string
}

/** A broker as a container. Data stand in its own layer, which stays while it is stopped. */
export function createDockerBroker({ name, network, dir, port, properties }: DockerBrokerOptions): BrokerRuntime {
  const exists = () => spawnSync('docker', ['container', 'inspect', name], { stdio: 'ignore' }).status === 0
  let startedAt = ''
  return {
    async start() {
      mkdirSync(dir, { recursive: true })
      writeFileSync(join(dir, 'server.properties'), properties)
      startedAt = new Date().toISOString()
      if (exists()) return void docker('start', name)
      if (spawnSync('docker', ['network', 'inspect', network], { stdio: 'ignore' }).status !== 0) docker('network', 'create', network)
      const ports = ['--publish', `127.0.0.1:${port}:${port}`]
      const config = ['--volume', `${dir}:${CONFIG_DIR}:ro`, '--env', `CLUSTER_ID=${CLUSTER_ID}`, '--env', 'KAFKA_HEAP_OPTS=-Xms96m -Xmx512m']
      const compiler = ['--env', `KAFKA_OPTS=${COMPILER}`]
      docker('run', '--detach', '--name', name, '--hostname', name, '--network', network, ...ports, ...config, ...compiler, IMAGE)
    },
    async end(signal) {
      if (!exists()) return
      if (signal === 'SIGTERM') docker('stop', '--time', '10', name)
      // It may have ended already.
      else spawnSync('docker', ['kill', name], { stdio: 'ignore' })
    },
    setPaused: (paused) => void docker(paused ? 'pause' : 'unpause', name),
    isRunning: () => spawnSync('docker', ['inspect', '--format', '{{.State.Running}}', name], { encoding: 'utf8' }).stdout.trim() === 'true',
    readLog: () => docker('logs', '--since', startedAt, name),
    identity: () => undefined,
    forget() {
      spawnSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore' })
      // Refused while another broker is in it.
      spawnSync('docker', ['network', 'rm', network], { stdio: 'ignore' })
      rmSync(dir, { recursive: true, force: true })
    },
    async runTool(tool, args) {
      const { stdout } = await promisify(execFile)('docker', ['exec', name, `/opt/kafka/bin/${tool}.sh`, ...args])
      return stdout
    },
  }
}

/** Answers what it says, on either stream; throws that when it fails. */
function docker(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (status !== 0) throw new Error(`docker ${args[0]} failed: ${stderr}`)
  return stdout + stderr
}

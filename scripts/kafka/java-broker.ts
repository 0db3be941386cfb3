import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { endAll, identify, isAlive, readCommand, signal, type ProcessIdentity } from '../supervisor/processes.ts'
import { COMPILER, type BrokerRuntime, type KafkaTool } from './runtime.ts'

const CLUSTER_ID = 'AlcoveLocalCluster0000'
/** A last broker of a quorum may wait for the others, who are gone. */
const END_LIMIT_MS = 10_000
const LOGGING = `appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %-5p %c{1} %m%n
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
`
const TOOLS: Readonly<Record<KafkaTool, string>> = {
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
}

/** Options of {@link createJavaBroker}. */
export interface JavaBrokerOptions {
  /** Of this broker alone; `data` in it is where its properties put the data. */
  readonly dir: string
  readonly jars: () => string
  readonly properties: string
  /** Ended when this process dies, however it dies. */
  readonly tether: boolean
}

const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java'

/** A broker as a process of this machine. */
export function createJavaBroker(options: JavaBrokerOptions): BrokerRuntime {
  const { dir } = options
  const files = { properties: join(dir, 'server.properties'), logging: join(dir, 'log4j2.properties'), log: join(dir, 'server.log'), pid: join(dir, 'pid') }
  const settings = ['-XX:+UseSerialGC', '-Djava.awt.headless=true', '-Djava.net.preferIPv4Stack=true', `-Dlog4j2.configurationFile=${files.logging}`]
  const classPath = () => ['-cp', join(options.jars(), '*')]
  let running = findLeftover(files)
  let untether = () => undefined as void

  function prepare(): void {
    mkdirSync(dir, { recursive: true })
    writeFileSync(files.properties, options.properties, { mode: 0o600 })
    writeFileSync(files.logging, LOGGING)
    if (existsSync(join(dir, 'data/meta.properties'))) return
    const format = ['-Xmx128m', COMPILER, ...settings, ...classPath(), 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID]
    const { status, stdout, stderr } = spawnSync(java, [...format, '-c', files.properties], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`the broker's directory could not be prepared:\n${stdout}${stderr}`)
  }

  return {
    async start() {
      // Of a run that was killed: two brokers in one directory would spoil it.
      if (running) await endAll([running], 'SIGTERM', END_LIMIT_MS)
      prepare()
      const log = openSync(files.log, 'w')
      const heap = ['-Xms96m', '-Xmx512m', '-XX:+ExitOnOutOfMemoryError']
      const child = spawn(java, [...heap, COMPILER, ...settings, ...classPath(), 'kafka.Kafka', files.properties], {
        stdio: ['ignore', log, log],
        detached: true,
      })
      closeSync(log)
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      child.unref()
      running = identify(child.pid!)
      writeFileSync(files.pid, String(child.pid))
      if (options.tether) untether = tie(child)
    },
    async end(name) {
      const ending = running
      if (ending) await endAll([ending], name, END_LIMIT_MS)
      untether()
      rmSync(files.pid, { force: true })
      running = undefined
    },
    setPaused: (paused) => running && signal(running, paused ? 'SIGSTOP' : 'SIGCONT'),
    isRunning: () => running !== undefined && isAlive(running),
    readLog: () => (existsSync(files.log) ? readFileSync(files.log, 'utf8') : ''),
    identity: () => running,
    forget: () => rmSync(dir, { recursive: true, force: true }),
    async runTool(tool, args) {
      const { stdout } = await promisify(execFile)(java, ['-Xmx128m', COMPILER, '-XX:+UseSerialGC', ...classPath(), TOOLS[tool], ...args])
      return stdout
    },
  }
}

/** The broker of a run that was killed, told from whoever has its number now. */
function findLeftover(files: { pid: string; properties: string }): ProcessIdentity | undefined {
  const pid = existsSync(files.pid) ? Number(readFileSync(files.pid, 'utf8')) : 0
  return pid > 0 && readCommand(pid).includes(files.properties) ? identify(pid) : undefined
}

/** A shell that waits for the end of its input, which is this process's. */
function tie(broker: ChildProcess): () => void {
  const shell = spawn('/bin/sh', ['-c', 'while read -r _; do :; done; kill -9 "$0"', String(broker.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.unref()
  // The pipe alone must not keep this process alive.
  ;(shell.stdin as unknown as { unref(): void }).unref()
  shell.on('error', () => undefined)
  broker.once('exit', () => shell.kill('SIGKILL'))
  return () => void shell.kill('SIGKILL')
}

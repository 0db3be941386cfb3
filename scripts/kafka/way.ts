import { spawnSync } from 'node:child_process'

/** How a broker of our own is run. */
export type Way = 'docker' | 'java'

const answers = (program: string, ...args: readonly string[]) => spawnSync(program, args, { stdio: 'ignore', timeout: 30_000 }).status === 0

/** Docker if there is an engine, else Java and Maven; throws one sentence when neither is there. */
export function chooseWay(): Way {
  if (answers('docker', 'info')) return 'docker'
  const missing = [
    ['java', '-version'],
    ['mvn', '-version'],
  ].flatMap(([program, flag]) => (answers(program!, flag!) ? [] : [program]))
  if (missing.length === 0) return 'java'
  throw new Error(`A Kafka broker needs a Docker engine, or Java 17 and Maven, and there is no engine here and no ${missing.join(' and no ')}.`)
}

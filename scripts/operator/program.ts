import { parseArgs } from 'node:util'
import { applyTopics, checkTopics, readBrokerSettings } from '@alcove/events/kafka'
import { listTopics } from '@alcove/graph'
import { UsageError, type Environment } from '../dlq/arguments.ts'
import { runDeadLetters } from './dead-letters.ts'
import { rebuildReports } from './services.ts'

const call = 'kubectl exec deploy/admin -- alcove'
const usage = `What operators do with Alcove, in a pod of admin: ${call} <command>

  alcove dlq ...                 dead letters: list, show, replay, discard
  alcove topics [check | apply]  whether the broker's topics are as the graph says; or makes them so
  alcove rebuild reports         makes reporting's read models anew from its raw events

  --json   for machines
  --help   of the program, or of a command: alcove dlq --help

Backups stop every service, so no pod can take them: k8s/operations/alcove-data does.
Exit codes: 0 done, and all is well; 1 something was refused, failed or is not as it should be; 2 the command is not right; 3 nobody answers.`

const usages = {
  topics: `Topics of the broker, against the graph of this release.

  alcove topics [check]   tells what is missing or differs; changes nothing. 1: something does
  alcove topics apply     makes what is missing and sets what differs; partitions are never changed.
                          With Strimzi its operator does, and refuses it to others

  --json   for machines

The broker is that of the KAFKA_* variables, and so is the user.`,
  rebuild: `Read models of reporting, made anew from its raw events in one transaction while it runs.

  alcove rebuild reports

  --json   for machines

The reports are the same as before, unless something was wrong. Asked again while it runs, it waits for the same one.`,
} as const

/**
 * Runs a command line, prints what came of it and answers the exit code.
 * @throws {UsageError} for a line that cannot be meant
 * @throws {Unreachable} when a service does not answer
 */
export async function runProgram(line: readonly string[], env: Environment): Promise<number> {
  const [name = 'help', ...rest] = line
  switch (name) {
    case 'help':
    case '--help':
    case '-h':
      console.log(usage)
      return 0
    case 'dlq':
      return runDeadLetters(rest, env)
    case 'topics':
      return runSmall('topics', rest, (words, json) => runTopics(words, { json, env }))
    case 'rebuild':
      return runSmall('rebuild', rest, (words, json) => runRebuild(words, { json, env }))
    default:
      throw new UsageError(`there is no command ${name}; alcove --help`)
  }
}

async function runSmall(
  name: keyof typeof usages,
  line: readonly string[],
  run: (words: readonly string[], json: boolean) => Promise<number>,
): Promise<number> {
  const { values, positionals } = parseSmall(name, line)
  if (!values.help) return run(positionals, values.json)
  console.log(usages[name])
  return 0
}

function parseSmall(name: string, line: readonly string[]) {
  const options = { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } as const
  try {
    return parseArgs({ args: [...line], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; alcove ${name} --help`, { cause: error })
  }
}

async function runTopics([word = 'check', ...more]: readonly string[], { json, env }: { json: boolean; env: Environment }): Promise<number> {
  if (more.length > 0 || (word !== 'check' && word !== 'apply')) throw new UsageError(`topics takes check or apply, not ${[word, ...more].join(' ')}`)
  const settings = readBrokerSettings(env)
  if (word === 'apply') {
    const changes = await applyTopics(settings, listTopics())
    print(json ? { changes } : changes.join('\n') || 'all topics are as the graph says')
    return 0
  }
  const problems = await checkTopics(settings, listTopics())
  print(json ? { problems } : problems.join('\n') || 'all topics are as the graph says')
  return problems.length > 0 ? 1 : 0
}

async function runRebuild(words: readonly string[], { json, env }: { json: boolean; env: Environment }): Promise<number> {
  if (words.join(' ') !== 'reports') throw new UsageError('rebuild takes one word, reports')
  const events = await rebuildReports(env)
  print(json ? { events } : `read models rebuilt from ${events} events`)
  return 0
}

function print(what: object | string): void {
  console.log(typeof what === 'string' ? what : JSON.stringify(what, null, 2))
}

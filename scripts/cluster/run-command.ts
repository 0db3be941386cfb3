import { spawnSync } from 'node:child_process'

/** Runs a command as a person typed it (words, no shell) with more arguments; its output is shown only when it fails. */
export function runCommand(command: string, args: readonly string[] = [], input?: string): string {
  const [program, ...first] = command.split(' ')
  const { status, stdout, stderr, error } = spawnSync(program!, [...first, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 << 20,
    ...(input === undefined ? {} : { input }),
  })
  if (error) throw new Error(`${program} could not be started: ${error.message}`)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stderr.slice(-4000)}${stdout.slice(-4000)}`)
  return stdout
}

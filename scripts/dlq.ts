import { parseCommand, UsageError, usage } from './dlq/arguments.ts'
import { connect, Unreachable } from './dlq/client.ts'
import { runCommand } from './dlq/commands.ts'

// `pnpm dlq <command>`: dead letters through the gateway's admin API. Exit codes: 0 done; 1 something was refused or failed;
// 2 the command is not right; 3 nobody answers.
try {
  const command = parseCommand(process.argv.slice(2), process.env)
  if (command.name === 'help') console.log(usage)
  else process.exitCode = await runCommand(command, await connect(command))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof UsageError ? 2 : error instanceof Unreachable ? 3 : 1
}

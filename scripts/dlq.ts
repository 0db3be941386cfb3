import { formatUsage, onLaptop, parseCommand } from './dlq/arguments.ts'
import { connect } from './dlq/client.ts'
import { runCommand } from './dlq/commands.ts'
import { toExitCode } from './dlq/exit-code.ts'
import { findLocalGateway } from './dlq/local-gateway.ts'

// `pnpm dlq <command>`: dead letters through the gateway's admin API, from a checkout. In a cluster the same is
// `alcove dlq` of the admin image (scripts/operator). Exit codes stand in the help.
process.exitCode = await toExitCode(async () => {
  const command = parseCommand(process.argv.slice(2), process.env)
  if (command.name !== 'help') return runCommand(command, await connect(command.url ?? (await findLocalGateway()), command))
  console.log(formatUsage(onLaptop))
  return 0
})

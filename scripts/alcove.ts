import { NotRunning } from './control/client.ts'
import { down, reset } from './control/down.ts'
import { dev, logs } from './control/logs.ts'
import { rebuildReports } from './control/rebuild-reports.ts'
import { status } from './control/status.ts'
import { restart, start, stop } from './control/switch.ts'
import { up } from './control/up.ts'
import { root } from './supervisor/layout.ts'

// The command behind the Makefile's targets: `node scripts/alcove.ts <command> [service]`.
const commands: Readonly<Record<string, (argument: string | undefined) => Promise<number>>> = {
  up,
  down,
  reset,
  status,
  logs,
  dev,
  stop,
  start,
  restart,
  'rebuild-reports': rebuildReports,
}

process.chdir(root)
const [name = '', argument] = process.argv.slice(2)
const command = commands[name]
if (!command) {
  console.error(`unknown command ${name}: ${Object.keys(commands).join(', ')}`)
  process.exit(2)
}
try {
  process.exitCode = await command(argument)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof NotRunning ? 3 : 1
}

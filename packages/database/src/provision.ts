import { runProvisionCommand } from './commands.ts'

await runProvisionCommand()

import { toExitCode } from '../dlq/exit-code.ts'
import { runProgram } from './program.ts'

// `alcove <command>` of the admin image: what runbooks ask operators to call, for those who have a cluster and no checkout.
process.exitCode = await toExitCode(() => runProgram(process.argv.slice(2), process.env))

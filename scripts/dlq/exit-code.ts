import { UsageError } from './arguments.ts'
import { Unreachable } from './client.ts'

/** Runs what answers an exit code; what it throws is printed and becomes 2 (the command is not right), 3 (nobody answers) or 1. */
export async function toExitCode(run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    console.error((error as Error).message)
    if (error instanceof UsageError) return 2
    return error instanceof Unreachable ? 3 : 1
  }
}

import { seedDemo } from '../demo/seed.ts'
import { startServices } from './start-services.ts'
import type { Stack, StackOptions } from './types.ts'

export type { ProcessStatus, Stack, StackOptions, Target } from './types.ts'

/**
 * Starts Alcove in this process's care: PostgreSQL, migrations, all services, demo data if asked for. Settles when
 * everything is ready. Rejects with the log's last lines of what is not, and then leaves nothing running.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stack = await startServices(options)
  try {
    if (options.demo) await seedDemo(stack, { only: options.demo === 'accounts' ? 'accounts' : 'everything', onProgress: options.onProgress })
    // A machine at its limit may have made one of them late for its own probe meanwhile.
    await stack.waitReady()
    return stack
  } catch (error) {
    await stack.down()
    throw error
  }
}

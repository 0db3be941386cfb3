import { NotRunning, send } from '../control/client.ts'
import { getNodePort, root } from '../supervisor/layout.ts'

/** Where the gateway of the stack on this machine is, or would be. */
export async function findLocalGateway(): Promise<string> {
  // The daemon's socket is named from the repository's root.
  process.chdir(root)
  try {
    const { portBase } = await send('status', {})
    return `http://localhost:${getNodePort('gateway') + portBase}`
  } catch (error) {
    if (error instanceof NotRunning) return `http://localhost:${getNodePort('gateway')}`
    throw error
  }
}

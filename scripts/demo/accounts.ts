import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { nodeBinary, root } from '../supervisor/layout.ts'
import type { Stack } from '../supervisor/types.ts'

/** Makes the people who can log in, by auth's own script and under auth's own environment. Repeating it changes nothing. */
export async function seedAccounts(stack: Stack): Promise<void> {
  const child = spawn(nodeBinary, ['src/seed-accounts.ts'], { cwd: join(root, 'services/auth'), env: stack.envOf('auth'), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  if (code !== 0) throw new Error(`making the demo accounts failed:\n${output}`)
}

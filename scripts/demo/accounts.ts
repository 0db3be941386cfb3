import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { nodeBinary, root } from '../supervisor/layout.ts'
import type { Stack } from '../supervisor/types.ts'

export const demoPassword = 'alcove-demo'

/** One name for each member, in order; the first is `member@alcove.test`. */
const MEMBER_NAMES = (
  'Ada Okafor, Ben Fischer, Carla Rossi, Deniz Yılmaz, Elif Demir, Farid Rahimi, Grace Murphy, Hugo Lindqvist, Ines Duarte, Jonas Weber, ' +
  'Kiran Patel, Lena Novak, Mateo Cruz, Nadia Haddad, Oscar Nilsson, Priya Nair, Quentin Moreau, Rosa Alvarez, Sam Whitaker, Tomoko Sato'
).split(', ')

export const memberEmails = MEMBER_NAMES.map((_, index) => `member${index === 0 ? '' : index + 1}@alcove.test`)

const people = [
  { email: 'admin@alcove.test', displayName: 'Alex Admin', roles: ['member', 'admin'] },
  { email: 'operator@alcove.test', displayName: 'Olga Operator', roles: ['member', 'operator'] },
  ...memberEmails.map((email, index) => ({ email, displayName: MEMBER_NAMES[index]!, roles: ['member'] })),
]

/** Makes the people who can log in, by auth's own script and under auth's own environment. Repeating it changes nothing. */
export async function seedAccounts(stack: Stack): Promise<void> {
  const child = spawn(nodeBinary, ['src/seed-accounts.ts'], { cwd: join(root, 'services/auth'), env: stack.envOf('auth'), stdio: ['pipe', 'ignore', 'pipe'] })
  child.stdin.end(JSON.stringify(people.map((person) => ({ ...person, password: demoPassword }))))
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [code, errors] = await Promise.all([ended, text(child.stderr)])
  if (code !== 0) throw new Error(`making the demo accounts failed:\n${errors}`)
}

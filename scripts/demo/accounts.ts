import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

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

/** Makes the people who can log in, by auth's own program and under auth's own environment. Repeating it changes nothing. */
export async function seedAccounts({ node, program, env }: { node: string; program: string; env: NodeJS.ProcessEnv }): Promise<void> {
  const child = spawn(node, [program], { env, stdio: ['pipe', 'ignore', 'pipe'] })
  child.stdin.end(JSON.stringify(people.map((person) => ({ ...person, password: demoPassword }))))
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [code, errors] = await Promise.all([ended, text(child.stderr)])
  if (code !== 0) throw new Error(`making the demo accounts failed:\n${errors}`)
}

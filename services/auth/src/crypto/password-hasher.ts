import { hash, type Options, verify } from '@node-rs/argon2'
import { normalisePassword } from '../domain/password.ts'
import type { PasswordHasher, PasswordMatch } from '../domain/ports.ts'
import type { HashQueue } from './hash-queue.ts'

/**
 * OWASP's first choice for argon2id: 19 MiB, two passes, one lane. The work happens on libuv's threads, never on the
 * main one. `algorithm` is 2: the package's const enum does not exist at run time.
 */
const parameters: Options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** argon2id within the queue's bounds. The stand-in for a missing hash is made once, with the same parameters. */
export function createPasswordHasher(queue: HashQueue): PasswordHasher {
  let standIn: Promise<string> | undefined
  return {
    hash: (password, { signal, urgency = 'new' } = {}) => queue.run(() => hash(normalisePassword(password), parameters), { signal, urgency }),
    async verify(passwordHash, password, { signal, before, after } = {}) {
      const work = async (): Promise<PasswordMatch> => {
        await before?.()
        const compared = passwordHash ?? (await (standIn ??= hash('no account has this password', parameters)))
        const found = await compare(compared, password)
        const match = passwordHash === null ? 'none' : found
        await after?.(match !== 'none')
        return match
      }
      return queue.run(work, { signal, urgency: 'known' })
    },
  }
}

/** Hashes made before passwords were normalised are of the characters as they were typed. */
async function compare(passwordHash: string, password: string): Promise<PasswordMatch> {
  const normalised = normalisePassword(password)
  if (await verify(passwordHash, normalised)) return 'current'
  return normalised !== password && (await verify(passwordHash, password)) ? 'former-form' : 'none'
}

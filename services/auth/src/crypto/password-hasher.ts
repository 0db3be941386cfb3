import { hash, type Options, verify } from '@node-rs/argon2'
import type { PasswordHasher } from '../domain/ports.ts'
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
    hash: (password, signal) => queue.run(() => hash(password, parameters), signal),
    async verify(passwordHash, password, { signal, before, after } = {}) {
      return queue.run(async () => {
        await before?.()
        const compared = passwordHash ?? (await (standIn ??= hash('no account has this password', parameters)))
        const right = (await verify(compared, password)) && passwordHash !== null
        await after?.(right)
        return right
      }, signal)
    },
  }
}

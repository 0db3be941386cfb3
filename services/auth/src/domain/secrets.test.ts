import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { deriveSecrets, oneTimeTokenOf, seal, unseal } from './secrets.ts'

it('unseals what was sealed, and nothing that was changed, renamed or sealed with another key', () => {
  const key = randomBytes(32)
  const sealed = seal(key, 'kid', Buffer.from('private'))
  expect(unseal(key, 'kid', sealed).toString()).toBe('private')
  expect(seal(key, 'kid', Buffer.from('private')).equals(sealed)).toBe(false)
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed)
    changed[index]! ^= 1
    expect(() => unseal(key, 'kid', changed)).toThrow()
  }
  expect(() => unseal(key, 'another', sealed)).toThrow()
  expect(() => unseal(randomBytes(32), 'kid', sealed)).toThrow()
})

it('derives keys that differ by purpose and tokens that differ by id, the same every time', () => {
  const secret = randomBytes(32)
  const [one, again] = [deriveSecrets(secret), deriveSecrets(secret)]
  expect(one).toEqual(again)
  expect(new Set(Object.values(one).map((key: Buffer) => key.toString('hex'))).size).toBe(4)
  expect(oneTimeTokenOf(one, 'a')).toBe(oneTimeTokenOf(again, 'a'))
  expect(oneTimeTokenOf(one, 'a')).not.toBe(oneTimeTokenOf(one, 'b'))
  expect(oneTimeTokenOf(one, 'a')).toHaveLength(43)
})

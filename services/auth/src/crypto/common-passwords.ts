import { dictionary } from '@zxcvbn-ts/language-common'
import type { IsCommonPassword } from '../domain/password.ts'

const listedMax = 10_000
const lengthMin = 8

/** The commonest 10,000 passwords that are long enough to be chosen here, from a list that comes with its package: nothing is asked of anybody. */
export function createCommonPasswords(): IsCommonPassword {
  const listed = new Set(
    dictionary['passwords-common']
      .map((password) => password.toLowerCase())
      .filter((password) => password.length >= lengthMin)
      .slice(0, listedMax),
  )
  return (comparable) => listed.has(comparable)
}

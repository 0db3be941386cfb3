import { expect, it } from 'vitest'
import { renderSecurityTxt } from './security-txt.ts'

it('names every contact once a line, and ends within a year', () => {
  const contacts = ['mailto:security@alcove.test', 'https://alcove.test/report']
  expect(renderSecurityTxt({ contacts, publicBaseUrl: 'https://alcove.test', now: new Date('2026-12-05T23:59:59Z') }))
    .toBe(`Contact: mailto:security@alcove.test
Contact: https://alcove.test/report
Expires: 2027-01-04T00:00:00Z
Preferred-Languages: en, de
Canonical: https://alcove.test/.well-known/security.txt
`)
})

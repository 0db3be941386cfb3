import { bookingCancelled, bookingRescheduled } from '@alcove/contracts'
import { describe, expect, test } from 'vitest'
import { buildAccount, buildBooking, buildDetail, buildPerson, userId } from '../../test/builders.ts'
import { createFormatters } from './format.ts'
import { createLinks } from './links.ts'
import type { MessageFacts, MessageKind, OwedMessage } from './message.ts'
import { prepareMessage, type Directory, type PrepareDeps } from './prepare-message.ts'

const hostile = `<script>alert("x")</script>'"&\r\nBcc: evil@example.org`

function buildDeps(directory: Partial<Directory> = {}, now = '2026-01-04T09:00:00Z'): PrepareDeps {
  return {
    directory: {
      findAccount: async () => buildAccount(),
      findPerson: async () => buildPerson(),
      findBookingDetail: async () => buildDetail(),
      findTeamInvitation: async () => undefined,
      findOneTimeToken: async () => undefined,
      ...directory,
    },
    links: createLinks('https://alcove.example.org/'),
    formatter: createFormatters(),
    now: () => new Date(now),
  }
}

function buildMessage(kind: MessageKind, facts: MessageFacts, message: Partial<OwedMessage> = {}): OwedMessage {
  return {
    id: '01890000-0000-7000-8000-0000000000a1',
    eventId: '01890000-0000-7000-8000-0000000000a2',
    kind,
    channel: 'mail',
    userId,
    bookingId: null,
    facts,
    failures: 0,
    waits: 0,
    createdAt: new Date('2026-01-04T09:00:00Z'),
    ...message,
  }
}

async function writeMail(deps: PrepareDeps, message: OwedMessage) {
  const prepared = await prepareMessage(deps, message)
  if (prepared.outcome !== 'mail') throw new Error(`expected a mail, got ${prepared.outcome}`)
  return prepared.letter
}

describe('a confirmation', () => {
  const confirmation = buildMessage('booking-confirmed', { booking: buildBooking() })

  test('goes to the member with the reference in subject and text', async () => {
    const letter = await writeMail(buildDeps(), confirmation)
    expect(letter.to).toBe('ann@example.org')
    expect(letter.subject).toContain('ALC-7Q2M4K')
    expect(letter.text).toContain('ALC-7Q2M4K')
    expect(letter.html).toContain('ALC-7Q2M4K')
    expect(letter.text).toContain('Window desks (Desk 4), Harbour')
    expect(letter.text).toContain('£12.00 (including £2.00 tax)')
  })

  test('shows one time where the member’s zone is the location’s', async () => {
    const { text } = await writeMail(buildDeps(), confirmation)
    expect(text).toContain('Monday, 5 January 2026, 09:00–10:00 (Europe/London)')
    expect(text).not.toContain('In Harbour')
  })

  test('shows the member’s zone first and the location’s beside it where they differ', async () => {
    const deps = buildDeps({ findPerson: async () => buildPerson({ timeZone: 'America/Chicago' }) })
    const { text, html } = await writeMail(deps, confirmation)
    expect(text).toContain('Monday, 5 January 2026, 03:00–04:00 (America/Chicago)')
    expect(text).toMatch(/In Harbour:\s+Monday, 5 January 2026, 09:00–10:00 \(Europe\/London\)/)
    expect(html).toContain('03:00–04:00 (America/Chicago)')
  })

  test('is right on the day a zone changes its clocks', async () => {
    const booking = buildBooking({ startsAt: '2026-03-29T00:30:00Z', endsAt: '2026-03-29T01:30:00Z' })
    const { text } = await writeMail(buildDeps(), buildMessage('booking-confirmed', { booking }))
    expect(text).toContain('Sunday, 29 March 2026, 00:30–02:30 (Europe/London)')
  })

  test('writes dates in the member’s locale', async () => {
    const deps = buildDeps({ findPerson: async () => buildPerson({ locale: 'de-DE', timeZone: 'Europe/Berlin' }) })
    expect((await writeMail(deps, confirmation)).text).toContain('Montag, 5. Januar 2026, 10:00–11:00 Uhr (Europe/Berlin)')
  })

  test('leaves with a locale and a zone that this runtime does not know', async () => {
    const deps = buildDeps({ findPerson: async () => buildPerson({ locale: 'not a locale', timeZone: 'Mars/Olympus' }) })
    expect((await writeMail(deps, confirmation)).text).toContain('09:00–10:00 (UTC)')
  })

  test('of a free booking and of one paid with credits says so', async () => {
    const free = buildBooking({ totalMinor: 0, netMinor: 0, taxMinor: 0, paymentMethod: 'none', attempts: [] })
    expect((await writeMail(buildDeps(), buildMessage('booking-confirmed', { booking: free }))).text).toContain('Free of charge')
    const credits = buildBooking({ paymentMethod: 'credits', totalCredits: 3 })
    expect((await writeMail(buildDeps(), buildMessage('booking-confirmed', { booking: credits }))).text).toContain('3 credits')
  })

  test('does not put today’s space under a booking that was for another', async () => {
    const detail = buildDetail({ state: buildBooking({ spaceId: '01890000-0000-7000-8000-0000000000ff', version: 9 }) })
    const { text } = await writeMail(buildDeps({ findBookingDetail: async () => detail }), confirmation)
    expect(text).not.toContain('Window desks')
    expect(text).toContain('Harbour')
  })
})

describe('hostile names', () => {
  const deps = buildDeps({
    findPerson: async () => buildPerson({ displayName: hostile }),
    findBookingDetail: async () => buildDetail({ title: hostile, spaceName: hostile, unitName: hostile, locationName: hostile }),
  })

  test('are escaped in HTML and cannot break a header', async () => {
    for (const kind of ['booking-confirmed', 'booking-cancelled', 'booking-reminder', 'booking-expired', 'operator-capture-refused'] as const) {
      const { html, subject } = await writeMail(deps, buildMessage(kind, { booking: buildBooking({ reference: hostile }) }))
      expect(html).not.toContain('<script')
      expect(html).toContain('&lt;script&gt;')
      expect(html.match(/<[a-z][^>]*\son\w+=/i)).toBeNull()
      expect(subject).not.toMatch(/[\r\n\0]/)
      expect(subject.length).toBeLessThanOrEqual(200)
    }
  })

  test('of a closed location are escaped too', async () => {
    const closure = { startsAt: '2026-01-05T09:00:00Z', endsAt: '2026-01-05T12:00:00Z' }
    const { html } = await writeMail(deps, buildMessage('booking-closure', { bookingId: buildBooking().bookingId, closure }))
    expect(html).not.toContain('<script')
  })

  test('cannot add lines that look like ours to the text', async () => {
    const { text } = await writeMail(deps, buildMessage('booking-confirmed', { booking: buildBooking() }))
    expect(text).not.toMatch(/^Bcc:/m)
  })

  test('drop controls and marks that turn the text’s direction', async () => {
    const person = buildPerson({ displayName: 'Ann\u202e\u0000\u0007!' })
    const { html } = await writeMail(buildDeps({ findPerson: async () => person }), buildMessage('booking-confirmed', { booking: buildBooking() }))
    expect(html).toContain('Hello Ann!,')
  })
})

describe('one-time tokens', () => {
  const oneTime = {
    purpose: 'verify-email' as const,
    email: 'new@example.org',
    displayName: 'New',
    token: 'abc+/=def',
    expiresAt: '2026-01-06T09:00:00Z',
  }
  const message = buildMessage('verify-email', { oneTimeTokenId: '01890000-0000-7000-8000-000000000003' })

  test('are mailed with a link and the token, although user does not know the person yet', async () => {
    const letter = await writeMail(buildDeps({ findOneTimeToken: async () => oneTime, findPerson: async () => undefined }), message)
    expect(letter.to).toBe('new@example.org')
    expect(letter.text).toContain('https://alcove.example.org/verify-email#token=abc%2B%2F%3Ddef')
    expect(letter.text).toMatch(/Token:\s+abc\+\/=def/)
  })

  test('are mailed although user is down', async () => {
    const deps = buildDeps({ findOneTimeToken: async () => oneTime, findPerson: () => Promise.reject(new Error('down')) })
    expect((await writeMail(deps, message)).to).toBe('new@example.org')
  })

  test('of a reset lead to the page for a new password', async () => {
    const reset = { ...oneTime, purpose: 'reset-password' as const }
    const { text } = await writeMail(buildDeps({ findOneTimeToken: async () => reset }), buildMessage('reset-password', message.facts))
    expect(text).toContain('https://alcove.example.org/reset-password#token=')
  })

  test('that are used or overdue are dropped', async () => {
    expect(await prepareMessage(buildDeps(), message)).toEqual({ outcome: 'drop', reasonCode: 'token-gone' })
  })
})

describe('what happened to an account', () => {
  test.each([
    ['password-changed', { how: 'changed' }, /chosen a new one\. Every other session has ended/],
    ['password-changed', { how: 'reset' }, /with the link that we mailed/],
    ['roles-changed', { roles: ['member', 'operator'] }, /Roles:\s+member, operator/],
    ['new-sign-in', { signedInAt: '2026-01-06T09:00:00Z' }, /When:\s+6 January 2026 at 09:00/],
  ] as const)('%s %o', async (kind, facts, text) => {
    const letter = await writeMail(buildDeps(), buildMessage(kind, facts))
    expect(letter.to).toBe('ann@example.org')
    expect(letter.text).toMatch(text)
  })
})

describe('what is no more', () => {
  const confirmation = buildMessage('booking-confirmed', { booking: buildBooking() })

  test('a person nobody knows is not written to', async () => {
    const gone = { outcome: 'drop', reasonCode: 'recipient-unknown' }
    expect(await prepareMessage(buildDeps({ findPerson: async () => undefined }), confirmation)).toEqual(gone)
    expect(await prepareMessage(buildDeps({ findAccount: async () => undefined }), confirmation)).toEqual(gone)
  })

  test('a booking nobody knows is not written about', async () => {
    const deps = buildDeps({ findBookingDetail: async () => undefined })
    expect(await prepareMessage(deps, confirmation)).toEqual({ outcome: 'drop', reasonCode: 'booking-unknown' })
  })

  test('a dependency that cannot be asked is an error, not an answer', async () => {
    const deps = buildDeps({ findPerson: () => Promise.reject(new Error('down')) })
    await expect(prepareMessage(deps, confirmation)).rejects.toThrow('down')
  })
})

describe('a reminder', () => {
  const reminder = buildMessage('booking-reminder', { booking: buildBooking() })

  test('is sent while the booking stands and has not begun', async () => {
    expect((await writeMail(buildDeps(), reminder)).subject).toMatch(/^Reminder: booking ALC-7Q2M4K/)
  })

  test.each([
    ['cancelled meanwhile', { status: 'cancelled' as const }, 'booking-changed'],
    ['checked in meanwhile', { status: 'checked_in' as const }, 'booking-changed'],
    ['moved meanwhile', { startsAt: '2026-01-06T09:00:00Z', endsAt: '2026-01-06T10:00:00Z' }, 'booking-changed'],
  ])('of a booking %s is dropped', async (_what, state, reasonCode) => {
    const deps = buildDeps({ findBookingDetail: async () => buildDetail({ state: buildBooking(state) }) })
    expect(await prepareMessage(deps, reminder)).toEqual({ outcome: 'drop', reasonCode })
  })

  test('of a booking that has begun is dropped', async () => {
    expect(await prepareMessage(buildDeps({}, '2026-01-05T09:00:00Z'), reminder)).toEqual({ outcome: 'drop', reasonCode: 'booking-begun' })
  })
})

describe('a cancellation', () => {
  test('names the refund', async () => {
    const { text } = await writeMail(buildDeps(), buildMessage('booking-cancelled', { booking: bookingCancelled.example }))
    expect(text).toContain('You get £12.00 back (100 %).')
  })

  test('says of credits that expired ones come back for a limited time', async () => {
    const booking = { ...bookingCancelled.example, paymentMethod: 'credits' as const, refundMinor: 0, refundCredits: 1 }
    const { text } = await writeMail(buildDeps(), buildMessage('booking-cancelled', { booking }))
    expect(text).toContain('You get 1 credit back (100 %).')
    expect(text.replace(/\s+/g, ' ')).toContain('Credits that have expired meanwhile come back for a limited time: your wallet shows until when.')
  })

  test('says that nothing comes back under the terms', async () => {
    const booking = { ...bookingCancelled.example, refundMinor: 0, refundPercent: 0 }
    expect((await writeMail(buildDeps(), buildMessage('booking-cancelled', { booking }))).text).toContain('there is no refund')
  })

  test('after a refused payment speaks of no refund', async () => {
    const booking = { ...bookingCancelled.example, reasonCode: 'payment-failed' as const, refundMinor: 0, refundPercent: null }
    const { text } = await writeMail(buildDeps(), buildMessage('booking-cancelled', { booking }))
    expect(text).toContain('Nothing was charged')
    expect(text).not.toContain('refund')
  })
})

test('a move shows the new time and the old one', async () => {
  const { text } = await writeMail(buildDeps(), buildMessage('booking-rescheduled', { booking: bookingRescheduled.example }))
  expect(text).toContain('11:00–12:00 (Europe/London)')
  expect(text).toMatch(/Before:\s+Monday, 5 January 2026, 09:00–10:00/)
})

test('an operator’s mail about a refused capture does not show the member’s own title', async () => {
  const deps = buildDeps({ findBookingDetail: async () => buildDetail({ title: 'Secret project' }) })
  expect((await writeMail(deps, buildMessage('operator-capture-refused', { booking: buildBooking() }))).text).not.toContain('Secret')
})

test('an inbox item needs no address: a short title and body', async () => {
  const deps = buildDeps({ findAccount: () => Promise.reject(new Error('must not be asked')) })
  const prepared = await prepareMessage(deps, buildMessage('booking-confirmed', { booking: buildBooking() }, { channel: 'inbox' }))
  expect(prepared).toMatchObject({ outcome: 'inbox', body: expect.stringContaining('Window desks (Desk 4), Harbour') })
})

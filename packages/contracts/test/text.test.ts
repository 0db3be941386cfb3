import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { describe, expect, it } from 'vitest'
import { operations, textFormats } from '../src/index.ts'

const { line, text } = textFormats

describe('a name', () => {
  it.each([
    'Ada',
    '  Ada  ',
    "O'Brien-Łukasiewicz",
    'Hàn Thị Bích',
    '李小龍',
    '辻󠄀', // an ideographic variation selector picks the form of the glyph
    'محمد علی',
    'می‌خواهم', // ZWNJ between the parts of a Persian word
    'ক্‍ষ', // ZWJ in Bengali
    'श्री रमेश्‍वर',
    'שרה ‎(Sarah)‎', // U+200E beside brackets
    'ሰላም',
    'ᏣᎳᎩ',
    '👩‍👩‍👧‍👦',
    '❤️',
    '🏴󠁧󠁢󠁳󠁣󠁴󠁿 Room', // the flag of Scotland is made of tags
    'ภาษา​ไทย', // ZWSP where a Thai line may break
    'Soft­hyphen',
    '!',
    '4',
  ])('%j passes', (value) => {
    expect(line(value)).toBeUndefined()
    expect(text(value)).toBeUndefined()
  })

  it.each([
    ['a line break', 'Ada\nBcc: x', 'control'],
    ['a carriage return', 'Ada\r', 'control'],
    ['a tab', 'Ada\tLovelace', 'control'],
    ['NUL', 'Ada\0', 'control'],
    ['an escape sequence', '\u001b[31mAda', 'control'],
    ['DEL', 'Ada\u007f', 'control'],
    ['NEL', 'Ada\u0085', 'control'],
    ['CSI', 'Ada\u009b31m', 'control'],
    ['a line separator', 'Ada\u2028', 'control'],
    ['a paragraph separator', 'Ada\u2029', 'control'],
    ['an interlinear annotation', 'Ada\ufff9x\ufffb', 'control'],
    ['a noncharacter', 'Ada\ufffe', 'control'],
    ['an override', 'Ada \u202etxt.exe', 'direction'],
    ['an embedding', '\u202bAda', 'direction'],
    ['an isolate', '\u2067Ada\u2069', 'direction'],
    ['a lone end of an isolate', 'Ada\u2069', 'direction'],
    ['a deprecated format character', 'Ada\u206a', 'direction'],
    ['hidden words in tags', 'Ada\u{e0041}\u{e0042}', 'tag'],
    ['tags behind a flag that has ended', '\u{1f3f4}\u{e0067}\u{e007f}\u{e0041}', 'tag'],
    ['spaces', '  \u00a0\u3000', 'visible'],
    ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff', 'visible'],
    ['direction marks', '\u200e\u200f\u061c', 'visible'],
    ['Hangul fillers', '\u3164\u115f\u1160\uffa0', 'visible'],
    ['blank Braille cells', '\u2800\u2800', 'visible'],
    ['variation selectors', '\ufe0f', 'visible'],
    ['a soft hyphen', '\u00ad', 'visible'],
    ['marks without a letter', '\u0301\u0301', 'visible'],
  ])('with %s alone or inside is refused', (_what, value, word) => {
    expect(line(value)).toContain(word)
  })

  // What Unicode says of single characters, wherever they stand in a name.
  it('never lets a control or a change of direction through, wherever it stands', () => {
    const evil = fc.oneof(
      fc.integer({ min: 0, max: 0x1f }),
      fc.integer({ min: 0x7f, max: 0x9f }),
      fc.constantFrom(0x2028, 0x2029),
      fc.integer({ min: 0x202a, max: 0x202e }),
      fc.integer({ min: 0x2066, max: 0x206f }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), evil, fc.string({ unit: 'grapheme' }), (before, code, behind) => {
        expect(line(before + String.fromCodePoint(code) + behind)).toBeDefined()
      }),
    )
  })

  it('lets every run of letters and marks of every script through', () => {
    const letter = fc.integer({ min: 0x41, max: 0x323af }).map((code) => String.fromCodePoint(code))
    const letters = fc.array(
      letter.filter((one) => /^[\p{L}\p{M}]$/u.test(one)),
      { minLength: 1, maxLength: 12 },
    )
    const joiner = fc.constantFrom('\u200c', '\u200d', ' ', '-', '')
    fc.assert(
      fc.property(letters, joiner, letters, (first, between, second) => {
        const value = `${first.join('')}${between}${second.join('')}`
        fc.pre(/[\p{L}]/u.test(value.replace(/[\u115f\u1160\u3164\uffa0]/gu, '')))
        expect(line(value)).toBeUndefined()
      }),
    )
  })

  // Validation reports every error, so it also runs on a whole body: a form that went back and forth would not end within the test's time.
  it('is judged in one pass, however long the text', () => {
    for (const value of [' '.repeat(250_000), '\u{1f3f4}\u{e0067}'.repeat(60_000), '\u0301'.repeat(120_000)]) expect(line(value)).toBeDefined()
  })
})

describe('free text', () => {
  it('may have lines and be empty', () => {
    expect(text('One\r\n\ttwo')).toBeUndefined()
    expect(text('')).toBeUndefined()
    expect(line('')).toBeUndefined()
  })
  it.each(['\0', 'a\u001b[31m', 'a\u202eb', 'a\u2066b', '\n\n', '\u200b'])('%j is refused', (value) => {
    expect(text(value)).toBeDefined()
  })
})

/** Strings that say something to people by themselves: each has a form of its own, and the others are for machines. */
const machineText = new Set([
  'email',
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'refreshToken',
  'cursor',
  'query',
  'locale',
  'timeZone',
  'actorId',
  'action',
  'subject',
  'type',
  'to',
  'slug',
  'amenity',
  'path',
  'from',
  'userId',
  'text',
])

describe('requests', () => {
  it('hold no text for people without one of these formats', () => {
    const found: string[] = []
    const walk = (schema: TSchema & Record<string, never>, member: string, id: string): void => {
      const { type, format, pattern, properties, items, anyOf, patternProperties } = schema as unknown as {
        type?: string
        format?: string
        pattern?: string
        properties?: Record<string, never>
        items?: never
        anyOf?: never[]
        patternProperties?: Record<string, never>
      }
      if (type === 'string' && !format && !(pattern && !pattern.includes('u0000')) && !machineText.has(member)) found.push(`${id} ${member}`)
      for (const [name, property] of Object.entries(properties ?? {})) walk(property, name, id)
      if (items) walk(items, member, id)
      for (const branch of [...(anyOf ?? []), ...Object.values(patternProperties ?? {})]) walk(branch, member, id)
    }
    const shown = operations.filter(({ access }) => access !== 'service')
    for (const { id, body, query } of shown) for (const schema of [body, query]) if (schema) walk(schema as never, '', id)
    expect(found).toEqual([])
  })
})

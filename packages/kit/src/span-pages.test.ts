import { describe, expect, it } from 'vitest'
import { createSpanPages, type SpanPage } from './span-pages.ts'

const read = (page: SpanPage | undefined): unknown => page && JSON.parse(Buffer.from(page.seal()).toString())
/** A page of 256 KiB takes one of these: its bound is three bytes a character. */
const large = (text: string): string => JSON.stringify(text.padEnd(80_000, ' '))

describe('pages of spans', () => {
  it('are whole requests, with all that was added in its order', () => {
    const pages = createSpanPages(['{"spans":[', ']}'], 8, () => undefined)
    for (const name of ['a', 'ü', '–']) pages.add(JSON.stringify(name))
    const page = pages.take()
    expect(page!.spans).toBe(3)
    expect(read(page)).toEqual({ spans: ['a', 'ü', '–'] })
    expect(pages.take()).toBeUndefined()
  })
  it('are given out in turn, and say when one is full', () => {
    let full = 0
    const pages = createSpanPages(['[', ']'], 8, () => (full += 1))
    for (const name of ['a', 'b', 'c']) pages.add(large(name))
    expect(full).toBe(2)
    const taken = [pages.take(), pages.take(), pages.take()].map((page) => (read(page) as string[]).map((text) => text.trim()))
    expect(taken).toEqual([['a'], ['b'], ['c']])
  })
  it('hold a span that is larger than a page, of characters that are more bytes than units', () => {
    const pages = createSpanPages(['[', ']'], 8, () => undefined)
    const euros = '€'.repeat(200_000)
    pages.add('"small"')
    pages.add(JSON.stringify(euros))
    expect(read(pages.take())).toEqual(['small'])
    expect(read(pages.take())).toEqual([euros])
  })
  it('are no more than allowed: what comes then is counted, and there is room again after one was taken', () => {
    const pages = createSpanPages(['[', ']'], 2, () => undefined)
    for (const name of ['a', 'b', 'c', 'd', 'e']) pages.add(large(name))
    expect(pages.takeDropped()).toBe(3)
    expect(pages.takeDropped()).toBe(0)
    pages.take()
    pages.add(large('f'))
    expect([pages.take(), pages.take(), pages.take()].map((page) => (read(page) as string[] | undefined)?.[0]!.trim())).toEqual(['b', 'f', undefined])
  })
})

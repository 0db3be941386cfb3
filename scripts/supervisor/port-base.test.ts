import { describe, expect, it } from 'vitest'
import { readOutgoingRanges, readPortBase, type PortRange } from './port-base.ts'

const linux: readonly PortRange[] = [[32_768, 60_999]]
const settings = (range: string, reserved = '') => readOutgoingRanges((name) => ({ ip_local_port_range: range, ip_local_reserved_ports: reserved })[name] ?? '')

describe('PORT_BASE', () => {
  it('is taken where no port of the stack meets those of outgoing connections', () => {
    for (const base of ['0', '10000', '11000']) expect(readPortBase(base, linux)).toBe(Number(base))
  })

  it('is refused in one sentence that names a good one, whichever port of the stack would meet them', () => {
    expect(() => readPortBase('23000', linux)).toThrow(
      /^PORT_BASE=23000 puts [a-z.0-9]+, operations, on port 3\d{4}, which this system gives to outgoing connections \(32768 to 60999\): choose one from 0 to \d+, such as PORT_BASE=10000$/,
    )
    expect(() => readPortBase('28000', linux)).toThrow('PORT_BASE=28000 puts PostgreSQL on port 33400, which')
    // Only the ninth replica's operations port reaches it.
    expect(() => readPortBase('22000', linux)).toThrow(/operations, on port 3[23]\d{3}, which this system/)
    expect(() => readPortBase('40000', linux)).toThrow('PostgreSQL on port 45400')
    expect(() => readPortBase('64000', linux)).toThrow('PORT_BASE=64000 puts PostgreSQL on port 69400, and the last one is 65535: choose')
  })

  it('offers what it would take', () => {
    for (const ranges of [linux, [[15_000, 60_999]] as const, [[49_152, 65_535]] as const]) {
      const [, highest, suggested] = /from 0 to (\d+), such as PORT_BASE=(\d+)$/.exec(messageOf('62000', ranges))!
      expect(readPortBase(highest!, ranges)).toBe(Number(highest))
      expect(readPortBase(suggested!, ranges)).toBe(Number(suggested))
    }
  })

  it('is a plain whole number', () => {
    for (const text of ['abc', '-1', '1e3', '10.5', '0x10', ' 10', '100000', 'NaN', '٣'])
      expect(messageOf(text, linux)).toMatch(new RegExp(`^PORT_BASE=${text} is not a whole number: choose one from 0 to \\d+, such as PORT_BASE=10000$`))
  })

  it('is taken anywhere below 65536 where the system leaves no better choice', () => {
    const everything: readonly PortRange[] = [[1024, 65_535]]
    expect(readPortBase('28000', everything)).toBe(28_000)
    expect(() => readPortBase('62000', everything)).toThrow('the last one is 65535')
  })
})

describe('the ports of outgoing connections', () => {
  it('are read from the system, without what is reserved', () => {
    expect(settings('32768\t60999\n')).toEqual([[32_768, 60_999]])
    expect(settings('32768\t60999\n', '8080,34000-45000,60999\n')).toEqual([
      [32_768, 33_999],
      [45_001, 60_998],
    ])
    expect(settings('32768\t60999\n', '30000-61000\n')).toEqual([])
  })

  it('are the registered dynamic ones where the system does not say', () => {
    expect(settings('')).toEqual([[49_152, 65_535]])
  })
})

function messageOf(base: string, ranges: readonly PortRange[]): string {
  try {
    return `taken: ${readPortBase(base, ranges)}`
  } catch (error) {
    return (error as Error).message
  }
}

import { describe, expect, it } from 'vitest'
import { getWaitSeconds, pairDelaysSeconds, sourceFailuresMax, toSource } from './throttle.ts'

const now = new Date('2026-01-05T09:00:00Z')
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000)

describe('getWaitSeconds', () => {
  it('rounds the longer of both waits up', () => {
    expect(getWaitSeconds({ pairBlockedUntil: null, sourceSpentUntil: null }, now)).toBe(0)
    expect(getWaitSeconds({ pairBlockedUntil: inSeconds(0.2), sourceSpentUntil: null }, now)).toBe(1)
    expect(getWaitSeconds({ pairBlockedUntil: inSeconds(-5), sourceSpentUntil: inSeconds(sourceFailuresMax) }, now)).toBe(0)
    expect(getWaitSeconds({ pairBlockedUntil: inSeconds(3), sourceSpentUntil: inSeconds(sourceFailuresMax + 7) }, now)).toBe(7)
  })
})

it('the delays never shrink, and allow fewer than 400 guesses a day', () => {
  expect(pairDelaysSeconds.every((delay, index) => index === 0 || delay >= pairDelaysSeconds[index - 1]!)).toBe(true)
  const untilLast = pairDelaysSeconds.reduce((sum, delay) => sum + delay, 0)
  expect(pairDelaysSeconds.length + (86_400 - untilLast) / pairDelaysSeconds.at(-1)!).toBeLessThan(400)
})

describe('toSource', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s is %s', (address, source) => {
    expect(toSource(address)).toBe(source)
  })
})

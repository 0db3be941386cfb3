import { describe, expect, it } from 'vitest'
import { readSource } from './source.ts'

describe('a source', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
    ['203.0.113.7:51234', '203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
    ['::FFFF:cb00:7107', '203.0.113.7', '203.0.113.0/24'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7', '203.0.113.0/24'],
    ['64:ff9b::203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['[2001:db8:1:2::ffff]:443', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8:1:2::%eth0', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
    ['::1', '0:0:0:0::/64', '0:0:0::/48'],
  ])('%s is the client %s in the network %s', (text, client, network) => {
    expect(readSource(text)).toMatchObject({ client, network })
  })
  it.each(['', 'unknown', '203.0.113', '0x7f.1', '203.0.113.7.8', '2001:db8', '_hidden', '2001:db8::1/64', '203.0.113.256'])('%s is none', (text) => {
    expect(readSource(text)).toBeUndefined()
  })
  it('has one spelling of its address', () => {
    expect(readSource('2001:0db8:0:0::0001')!.address).toBe('2001:db8::1')
    expect(readSource('::ffff:10.0.0.1')!.address).toBe('10.0.0.1')
    expect(readSource('fe80::1%eth0')!.address).toBe('fe80::1')
  })
})

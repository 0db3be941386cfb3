import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createUnitTable } from './unit-table.ts'

const toBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex')

test('every unit is found by its bytes and no other, also where ids end alike', () => {
  const random = Array.from({ length: 400 }, () => randomUUID())
  const alike = Array.from({ length: 40 }, (_, index) => `${String(index).padStart(8, '0')}-0000-7000-8000-00000000000a`)
  const units = [...random, ...alike]
  const table = createUnitTable(units)
  units.forEach((id, index) => expect(table.find(Buffer.concat([Buffer.from('xyz'), toBytes(id)]), 3)).toBe(index))
  for (const id of [...random.map(() => randomUUID()), '00000041-0000-7000-8000-00000000000a']) expect(table.find(toBytes(id), 0)).toBe(-1)
  const [twice] = random as [string]
  const withTwo = createUnitTable([...units, twice])
  expect(withTwo.find(toBytes(twice), 0)).toBe(0)
  expect([...withTwo.firstPlaces]).toEqual([...units.keys(), 0])
  expect(createUnitTable([]).find(toBytes(random[0]!), 0)).toBe(-1)
})

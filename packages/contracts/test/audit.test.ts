import type { TSchema } from 'typebox'
import { describe, expect, it } from 'vitest'
import { auditActions, auditRecorded, operationAudits, operations } from '../src/index.ts'

const writing = operations.filter(({ method, access }) => method !== 'GET' && access !== 'service').map(({ id }) => id)

describe('every writing operation', () => {
  it.each(writing)('%s says what it leaves in the audit log when it is done on somebody else’s thing', (id) => {
    expect(operationAudits[id], 'an answer in operationAudits').toBeDefined()
  })

  it('is one that exists', () => {
    expect(Object.keys(operationAudits).filter((id) => !writing.includes(id))).toEqual([])
  })

  it('leaves acts that are declared, and each declared act is left by one', () => {
    const left = new Set(Object.values(operationAudits).flatMap((answer) => (typeof answer === 'string' ? [] : answer)))
    expect([...left].sort()).toEqual(Object.keys(auditActions).sort())
  })
})

/** What may stand before and after an act: nothing in which a name, an address or a sentence could stand. */
function isImpersonal(schema: TSchema): boolean {
  const { type, format, enum: words, anyOf, items, ...rest } = schema as unknown as Record<string, unknown>
  if ('x-personal' in rest) return false
  if (anyOf) return (anyOf as TSchema[]).every(isImpersonal)
  if (items) return isImpersonal(items as TSchema)
  return (
    type === 'integer' || type === 'boolean' || type === 'null' || Array.isArray(words) || (type === 'string' && (format === 'uuid' || format === 'date-time'))
  )
}

describe('values before and after', () => {
  it.each(Object.entries(auditActions))('of %s hold nothing that somebody wrote or is called', (_action, members) => {
    for (const [name, schema] of Object.entries(members as Record<string, TSchema>)) expect(isImpersonal(schema), name).toBe(true)
  })

  it('a member that could hold a text would be found', () => {
    expect(isImpersonal({ type: 'string', maxLength: 10 } as never)).toBe(false)
    expect(isImpersonal({ type: 'array', items: { type: 'string' } } as never)).toBe(false)
    expect(isImpersonal({ anyOf: [{ type: 'null' }, { type: 'string', pattern: '.' }] } as never)).toBe(false)
    expect(isImpersonal({ type: 'string', format: 'uuid', 'x-personal': true } as never)).toBe(false)
  })

  it('no act has a name that its event would refuse', () => {
    const pattern = new RegExp((auditRecorded('account').data as unknown as { properties: { action: { pattern: string } } }).properties.action.pattern)
    expect(Object.keys(auditActions).filter((action) => !pattern.test(action))).toEqual([])
  })
})

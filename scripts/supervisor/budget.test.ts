import { describe, expect, it } from 'vitest'
import { assertConnectionsSuffice, planConnections } from './budget.ts'
import { allServices } from './layout.ts'

const each = (count: number) => Object.fromEntries(allServices.map((service) => [service, count]))

describe('the connection budget', () => {
  it('leaves room for more replicas when there is one of each', () => {
    const connections = planConnections(each(1))
    expect(() => assertConnectionsSuffice({ ...each(1), booking: 3, payment: 3, gateway: 9 }, connections)).not.toThrow()
  })

  it('grows with the replicas, and refuses what one machine should not be asked for', () => {
    expect(planConnections(each(3))).toBeGreaterThan(planConnections(each(1)))
    expect(() => planConnections(each(9))).toThrow('ask for fewer replicas')
  })

  it('refuses to scale beyond what runs', () => {
    expect(() => assertConnectionsSuffice(each(5), planConnections(each(1)))).toThrow(/35 processes .* offers 300/)
  })
})

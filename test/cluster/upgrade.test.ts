import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../scripts/charts/tools.ts'
import { chooseCommands, makeImages, readContext } from '../../scripts/cluster/images.ts'
import { count } from './books.ts'
import { helm, install, kubectl, listRestarts, tag, until, waitJobs, waitReady } from './cluster.ts'
import { startLoad } from './load.ts'

const previousTag = `${tag}-previous`
const previous = join(mkdtempSync(join(tmpdir(), 'alcove-previous-')), 'alcove')

// The commit before this one, its chart and its images.
beforeAll(() => {
  run('git', ['worktree', 'add', '--detach', previous, 'HEAD~1'])
  if (process.env.CLUSTER_IMAGES !== 'loaded') makeImages(chooseCommands(process.env, readContext()), previous, previousTag)
})
afterAll(() => {
  run('git', ['worktree', 'remove', '--force', previous])
  if (existsSync(join(previous, '..'))) rmSync(join(previous, '..'), { recursive: true })
})

const readPassword = () => kubectl('get', 'secret', 'db-booking', '--output', 'jsonpath={.data.password}')
const listImages = () => [
  ...new Set(
    kubectl('get', 'deployments', '--output', 'jsonpath={.items[*].spec.template.spec.containers[*].image}')
      .split(' ')
      .map((image) => image.split(':')[1]),
  ),
]

describe('helm uninstall', () => {
  it('leaves data and passwords, and an installation after it goes on with them', async () => {
    install()
    await waitReady()
    await until(() => count('booking', 'SELECT count(*) FROM booking') > 0, { what: 'there are bookings', timeoutMs: 300_000 })
    const [bookings, password] = [count('booking', 'SELECT count(*) FROM booking'), readPassword()]
    helm('uninstall', 'alcove', '--wait', '--timeout', '5m')
    expect(kubectl('get', 'deployments,statefulsets,services,networkpolicies,jobs', '--output', 'name')).toBe('')
    install()
    await waitReady()
    expect(readPassword()).toBe(password)
    expect(count('booking', 'SELECT count(*) FROM booking')).toBeGreaterThanOrEqual(bookings)
  })
})

describe('from the previous commit’s chart and images', () => {
  it('an upgrade and a rollback fail no request', async () => {
    install(['--set', `global.image.tag=${previousTag}`], join(previous, 'charts/alcove'))
    await waitReady()
    expect(listImages()).toEqual([previousTag])
    // The demo's two weeks take what the machine has; an upgrade comes later.
    await waitJobs()
    const load = await startLoad(3)
    await load.more(10)
    install()
    await waitReady()
    expect(listImages()).toEqual([tag])
    await load.more(20)
    const upgraded = load.counts()
    await waitJobs()
    helm('rollback', 'alcove')
    await waitReady()
    expect(listImages()).toEqual([previousTag])
    await load.more(20)
    const counts = await load.stop()
    expect({ upgrade: upgraded.failures, rollback: counts.failures }).toEqual({ upgrade: [], rollback: [] })
    expect(counts).toMatchObject({ failed: 0, odd: 0, open: 0, answered: counts.sent })
    expect(counts.booked).toBeGreaterThan(0)
    install()
    await waitReady()
    expect(listRestarts()).toEqual([])
  })
})

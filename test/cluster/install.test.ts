import { readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/charts/tools.ts'
import { forward, helm, install, isReady, kubectl, listRestarts, listServicePods, refuse, removeNamespace, services, waitJobs, waitReady } from './cluster.ts'

let installedAt = 0

beforeAll(async () => {
  removeNamespace()
  installedAt = performance.now()
  install()
  await waitReady()
  // For the reader: how long it took depends on the machine and is no assertion.
  console.log(`every pod was ready after ${Math.round((performance.now() - installedAt) / 1000)} s`)
})

describe('helm install', () => {
  it('makes every pod ready without one restart, whatever order they start in', () => {
    const pods = listServicePods()
    expect(pods.map(({ metadata }) => metadata.labels['app.kubernetes.io/name']).toSorted()).toEqual(services.toSorted())
    for (const pod of pods) expect(isReady(pod), pod.metadata.name).toBe(true)
    expect(listRestarts()).toEqual([])
  })

  it('makes the demo data', async () => {
    await waitJobs()
    expect(listRestarts()).toEqual([])
    expect(kubectl('get', 'jobs', '--output', 'name')).toContain('job.batch/demo-')
  })

  it('lets the README’s first booking go through a forwarded port', async () => {
    const { port, close } = await forward('service/gateway', 80)
    try {
      const readme = readFileSync(join(root, 'README.md'), 'utf8')
      const script = /```bash\n(API=[\s\S]*?)```/.exec(readme)![1]!.replaceAll('localhost:4000', `127.0.0.1:${port}`)
      const { status, stdout, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], { encoding: 'utf8' })
      expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(/ is confirmed: [\s\S]*@alcove\.test: /)
    } finally {
      close()
    }
  })

  it('passes its own tests', () => {
    expect(helm('test', 'alcove', '--timeout', '5m')).toMatch(/Phase:\s+Succeeded/)
    for (const pod of ['test-book-tests', 'test-edges-payment', 'test-edges-gateway']) expect(kubectl('logs', pod)).toContain('all checks passed')
  })

  it('lets operators without a checkout do what runbooks say, in a pod of admin', () => {
    const alcove = (...line: string[]) => kubectl('exec', 'deploy/admin', '--', 'alcove', ...line)
    expect(alcove('--help')).toContain('alcove rebuild reports')
    expect(JSON.parse(alcove('dlq', 'list', '--json'))).toEqual({ items: [], hasMore: false, missing: [] })
    expect(alcove('dlq', 'replay', '--all', '--email', 'admin@alcove.test', '--password', 'alcove-demo')).toBe('There was nothing to replay.\n')
    expect(JSON.parse(alcove('topics', 'check', '--json'))).toEqual({ problems: [] })
    expect((JSON.parse(alcove('rebuild', 'reports', '--json')) as { events: number }).events).toBeGreaterThan(100)
    expect(() => alcove('dlq', 'discard', 'x')).toThrow('say who asks')
  })

  it('again with the same values changes nothing', () => {
    const before = listServicePods().map(({ metadata }) => metadata.name)
    const jobs = kubectl('get', 'jobs', '--output', 'name')
    const passwords = kubectl('get', 'secret', 'db-booking', '--output', 'jsonpath={.data.password}')
    install()
    expect(listServicePods().map(({ metadata }) => metadata.name)).toEqual(before)
    expect(kubectl('get', 'jobs', '--output', 'name')).toBe(jobs)
    expect(kubectl('get', 'secret', 'db-booking', '--output', 'jsonpath={.data.password}')).toBe(passwords)
  })

  it.each([
    ['an unknown key', ['--set', 'bookings.replicas=1'], "additional properties 'bookings' not allowed"],
    [
      'production without secrets',
      ['--values', join(root, 'charts/alcove/values-prod.yaml'), '--set', 'secrets.existing=false'],
      'production makes no secrets',
    ],
    ['two databases', ['--set', 'global.database.network[0].cidr=192.0.2.1/32'], 'two databases were chosen'],
    ['replicas together with an autoscaler', ['--set', 'booking.replicas=2,booking.autoscaling.enabled=true'], 'leave out replicas'],
    ['a broken connection budget', ['--set', 'booking.replicas=30'], 'raise global.database.maxConnections'],
  ])('refuses %s with one clear sentence', (_what, args, sentence) => {
    expect(refuse(args)).toContain(sentence)
  })
})

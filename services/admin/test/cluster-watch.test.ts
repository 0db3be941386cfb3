import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createClusterWatch } from '../src/clients/cluster-watch.ts'
import { startFakeApiServer, type FakeObject } from './fake-api-server.ts'

const deployments = '/apis/apps/v1/namespaces/alcove/deployments'
const pods = '/api/v1/namespaces/alcove/pods'
const autoscalers = '/apis/autoscaling/v2/namespaces/alcove/horizontalpodautoscalers'

// As a real API server answers them, but for members that nobody reads.
const deployment = (name: string, { replicas = 3, ready = 2, tag = '1.0.0' } = {}): FakeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'alcove', creationTimestamp: '2026-03-01T09:00:00Z' },
  spec: {
    replicas,
    selector: { matchLabels: { 'app.kubernetes.io/name': name } },
    template: {
      spec: {
        containers: [
          { name: 'sidecar', image: 'other:1' },
          { name, image: `alcove/${name}:${tag}` },
        ],
      },
    },
  },
  status: {
    readyReplicas: ready,
    conditions: [
      { type: 'Available', status: 'True', lastUpdateTime: '2026-03-01T09:30:00Z' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', lastUpdateTime: '2026-03-01T10:00:00Z' },
    ],
  },
})
const pod = (service: string, suffix: string, restartCount: number, owner = 'ReplicaSet'): FakeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `${service}-${suffix}`,
    namespace: 'alcove',
    labels: { 'app.kubernetes.io/name': service },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: owner, name: 'x', uid: 'x' }],
  },
  status: { containerStatuses: [{ name: service, restartCount }] },
})
const autoscaler = (service: string, desiredReplicas: number): FakeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: service, namespace: 'alcove' },
  spec: { minReplicas: 2, maxReplicas: 6, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: service } },
  status: {
    desiredReplicas,
    conditions: [
      { type: 'ScalingActive', status: 'True' },
      { type: 'ScalingLimited', status: desiredReplicas === 6 ? 'True' : 'False' },
    ],
  },
})

let api: Awaited<ReturnType<typeof startFakeApiServer>>
let directory: string
let watch: ReturnType<typeof createClusterWatch>
beforeEach(async () => {
  api = await startFakeApiServer('admin-token')
  directory = mkdtempSync(join(tmpdir(), 'admin-cluster-'))
  writeFileSync(join(directory, 'token'), 'admin-token')
  watch = createClusterWatch({ apiUrl: api.url, credentialsDir: directory, namespace: 'alcove', log: { warn: () => undefined }, retryMs: 20 })
})
afterEach(async () => {
  await watch.stop!()
  await api.stop()
  rmSync(directory, { recursive: true })
})
const booking = async () => (await watch.read()).get('booking')
const expectBooking = (expected: object | undefined) => expect.poll(booking).toEqual(expected && expect.objectContaining(expected))

it('shows what runs, from one list each', async () => {
  api.put(deployments, deployment('booking'))
  api.put(deployments, deployment('user', { replicas: 1, ready: 0 }))
  api.put(pods, pod('booking', 'a', 2))
  api.put(pods, pod('booking', 'b', 1))
  api.put(pods, pod('user', 'a', 5))
  api.put(pods, pod('booking', 'migrate', 4, 'Job'))
  api.put(autoscalers, autoscaler('booking', 3))
  await watch.start!()
  await expectBooking({ restarts: 3, autoscaler: expect.anything() })
  expect(await booking()).toEqual({
    wanted: 3,
    ready: 2,
    restarts: 3,
    image: 'alcove/booking:1.0.0',
    lastRolloutAt: '2026-03-01T10:00:00Z',
    autoscaler: { replicasMin: 2, replicasMax: 6, replicasDesired: 3, active: true, limited: false },
  })
  expect((await watch.read()).get('user')).toMatchObject({ wanted: 1, ready: 0, restarts: 5, autoscaler: null })
  await expect.poll(() => api.asked.filter((line) => line.startsWith('watch')).length).toBe(3)
  expect(api.asked.filter((line) => line.startsWith('list'))).toHaveLength(3)
})

it('follows every change without asking again', async () => {
  api.put(deployments, deployment('booking'))
  await watch.start!()
  await expectBooking({ ready: 2 })
  api.put(deployments, deployment('booking', { ready: 3, tag: '1.1.0' }))
  await expectBooking({ ready: 3, image: 'alcove/booking:1.1.0' })
  api.put(pods, pod('booking', 'a', 1))
  await expectBooking({ restarts: 1 })
  api.remove(pods, 'booking-a')
  await expectBooking({ restarts: 0 })
  api.put(autoscalers, autoscaler('booking', 6))
  await expectBooking({ autoscaler: expect.objectContaining({ replicasDesired: 6, limited: true }) })
  api.remove(deployments, 'booking')
  await expectBooking(undefined)
  expect(api.asked.filter((line) => line.startsWith('list'))).toHaveLength(3)
})

it('misses nothing of what happened while its watches were cut, nor when history was forgotten meanwhile', async () => {
  api.put(deployments, deployment('booking'))
  await watch.start!()
  await expectBooking({ ready: 2 })
  api.cutWatches()
  api.put(deployments, deployment('booking', { ready: 1 }))
  await expectBooking({ ready: 1 })
  api.cutWatches()
  api.put(deployments, deployment('booking', { ready: 0 }))
  api.compact()
  await expectBooking({ ready: 0 })
})

it('shows the last known state while the API server refuses, and catches up afterwards', async () => {
  api.put(deployments, deployment('booking'))
  await watch.start!()
  await expectBooking({ ready: 2 })
  api.setRefused(true)
  api.cutWatches()
  api.put(deployments, deployment('booking', { ready: 3 }))
  const before = api.asked.length
  await expect.poll(() => api.asked.length).toBeGreaterThan(before + 3)
  expect(await booking()).toMatchObject({ ready: 2 })
  api.setRefused(false)
  await expectBooking({ ready: 3 })
})

it('starts without a token or an API server that lets it in, and knows nothing until that is mended', async () => {
  rmSync(join(directory, 'token'))
  api.setRefused(true)
  api.put(deployments, deployment('booking'))
  await watch.start!()
  writeFileSync(join(directory, 'token'), 'admin-token')
  await expect.poll(() => api.asked.length).toBeGreaterThan(3)
  expect((await watch.read()).size).toBe(0)
  api.setRefused(false)
  await expectBooking({ ready: 2 })
})

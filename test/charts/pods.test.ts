import { graph } from '@alcove/graph'
import { describe, expect, it } from 'vitest'
import { find, listPods, onlyRendered, render, valuesArgs, valuesFiles, type Manifest, type PodSource } from './helm.ts'

const containersOf = ({ spec }: PodSource) => [...(spec.initContainers ?? []), ...spec.containers]
const isService = ({ labels }: PodSource) => labels['app.kubernetes.io/component'] === 'service'
const named = (kind: string, manifests: readonly Manifest[]) => manifests.filter((manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name)

describe.each(valuesFiles)('pods of %s', (file) => {
  const pods = listPods(render('alcove', [...valuesArgs(file), ...onlyRendered]))

  it('pass the restricted Pod Security Standard', () => {
    for (const pod of pods) {
      expect(pod.spec.securityContext, pod.name).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      for (const container of containersOf(pod))
        expect(container.securityContext, pod.name).toEqual({
          allowPrivilegeEscalation: false,
          // Sources are copied into the containers of the inner loop, and of no other.
          readOnlyRootFilesystem: !(file === 'values-dev.yaml' && isService(pod)),
          capabilities: { drop: ['ALL'] },
        })
    }
  })

  it('have no token that nobody gave them, a memory limit, and say what they need', () => {
    for (const pod of pods) {
      expect(pod.spec.automountServiceAccountToken, pod.name).toBe(false)
      for (const container of containersOf(pod)) {
        expect(container.resources.limits, pod.name).toHaveProperty('memory')
        expect(container.resources.requests, pod.name).toMatchObject({ cpu: expect.anything(), memory: expect.anything() })
      }
    }
  })

  it('leave as much time to end as sleep and drain may take', () => {
    for (const { name, spec } of pods.filter(isService)) {
      const [container] = spec.containers
      const drainMs = Number(container.env.find((variable: { name: string }) => variable.name === 'DRAIN_TIMEOUT_MS').value)
      expect(spec.terminationGracePeriodSeconds, name).toBeGreaterThan((container.lifecycle?.preStop.sleep.seconds ?? 0) + drainMs / 1000)
    }
  })

  it('are asked three different things', () => {
    for (const { spec } of pods.filter(isService)) {
      const [{ startupProbe, readinessProbe, livenessProbe }] = spec.containers
      expect([startupProbe, readinessProbe, livenessProbe].map((probe) => probe.httpGet.path)).toEqual(['/startupz', '/readyz', '/livez'])
    }
  })

  it('wait for nobody in an init container', () => {
    for (const { name, spec } of pods) for (const container of spec.initContainers ?? []) expect(container.args, name).toEqual(['dist/provision.js'])
  })

  it('hold no secret in plain sight', () => {
    const secret = /(_SECRET|_PASSWORD|DATABASE_URL|REDIS_URL|SMTP_URL)$/
    const open = pods.flatMap((pod) =>
      containersOf(pod)
        .flatMap((container) => container.env ?? [])
        .filter(({ name, valueFrom }) => secret.test(name) && !valueFrom?.secretKeyRef)
        .map(({ name }) => `${pod.name}: ${name}`),
    )
    expect(open).toEqual([])
  })
})

describe('a release', () => {
  const manifests = render('alcove', onlyRendered)

  it('migrates with the service’s own image, again only when that changes', () => {
    const next = render('alcove', [...onlyRendered, '--set', 'booking.image.tag=0.2.0'])
    const [before, after] = [named('Job', manifests), named('Job', next)]
    expect(after.filter((name) => !before.includes(name))).toEqual([expect.stringMatching(/^booking-migrate-/)])
    for (const { name, database } of graph) expect(before.some((job) => job.startsWith(`${name}-migrate-`))).toBe(database)
    for (const job of manifests.filter(({ kind }) => kind === 'Job')) expect(job.metadata.annotations ?? {}).not.toHaveProperty(['helm.sh/hook'])
  })

  it('has a budget for every service, and replicas only without an autoscaler', () => {
    const production = render('alcove', valuesArgs('values-prod.yaml'))
    for (const { name } of graph) {
      expect(find(production, 'PodDisruptionBudget', name).spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' })
      expect('replicas' in find(production, 'Deployment', name).spec).toBe(!named('HorizontalPodAutoscaler', production).includes(name))
    }
    expect(named('HorizontalPodAutoscaler', production)).toEqual(['booking'])
  })

  it('of production brings neither servers nor secrets nor demo', () => {
    const production = render('alcove', valuesArgs('values-prod.yaml'))
    expect(named('Secret', production)).toEqual([])
    expect(named('StatefulSet', production)).toEqual([])
    expect(JSON.stringify(production)).not.toContain('DEMO_CLOCK_SECRET')
  })
})

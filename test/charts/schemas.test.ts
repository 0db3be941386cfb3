import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeCrdSchemas } from '../../scripts/charts/published-schemas.ts'
import { buildTool, root } from '../../scripts/charts/tools.ts'
import { behindProxy, largeValues, onlyRendered, template, valuesArgs, valuesFiles } from './helm.ts'

const crds = writeCrdSchemas()
const layout = '{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json'
const locations = [
  join(root, 'test/charts/kubernetes/{{ .Group }}', layout),
  // Kinds of the first group, which has no name: kubeconform gives its version instead.
  join(root, 'test/charts/kubernetes/core', layout),
  join(root, 'test/charts/operators/{{ .Group }}', layout),
  join(crds, '{{ .Group }}', layout),
]

/** What kubeconform says of a YAML text; empty when every object is valid. An object without a schema is not. */
function validate(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'alcove-charts-')), 'rendered.yaml')
  writeFileSync(file, text)
  const args = ['-strict', '-summary', ...locations.flatMap((location) => ['-schema-location', location]), file]
  const { status, stdout, stderr } = spawnSync(buildTool('kubeconform'), args, { encoding: 'utf8', maxBuffer: 64 << 20 })
  expect(stdout).toMatch(/Summary: [1-9]/)
  return status === 0 ? '' : `${stdout}${stderr}`
}

const everything = 'ingress.enabled=true,global.serviceMonitor.enabled=true,monitoring.rules.enabled=true,monitoring.dashboards.enabled=true'
const extraVolume = 'booking={"extraVolumes":[{"name":"extra","emptyDir":{}}],"extraVolumeMounts":[{"name":"extra","mountPath":"/extra"}]}'
const cases = [
  ...valuesFiles.map((file) => ({ name: file, args: [...valuesArgs(file), ...onlyRendered] })),
  { name: 'all that can be switched on', args: [...onlyRendered, '--set', `${everything},${behindProxy},booking.autoscaling.enabled=true`] },
  {
    name: 'an HTTPRoute',
    args: [...onlyRendered, '--set', `httpRoute.enabled=true,httpRoute.parentRefs[0].name=edge,httpRoute.hostnames[0]=alcove.example.org,${behindProxy}`],
  },
  { name: 'a LoadBalancer', args: [...onlyRendered, '--set', 'gateway.serviceType=LoadBalancer,demo.enabled=false'] },
  {
    name: 'what an operator adds',
    args: [
      ...onlyRendered,
      '--set',
      'global.trustedCa.name=ca,global.database.caSecret=db-ca,booking.extraEnv[0].name=AGENT,booking.extraEnv[0].value=on',
      '--set-json',
      extraVolume,
      '--set-json',
      extraVolume.replace('booking=', 'jobs='),
    ],
  },
  { name: 'CloudNativePG', args: [...onlyRendered, '--set', 'global.database.mode=cloudnativepg'] },
  { name: 'what a large installation asks operators for', args: [...onlyRendered, '--values', largeValues] },
  { name: 'Strimzi', args: [...onlyRendered, '--set', 'global.kafka.mode=strimzi'] },
]

describe('every object is what its API server or operator describes, and nothing more', () => {
  it.each(cases)('$name', ({ args }) => {
    const { text, refusal } = template('alcove', args)
    expect(refusal).toBeUndefined()
    expect(validate(text)).toBe('')
  })

  it.each(['namespace.yaml', 'argocd/application.yaml', 'monitoring/prometheus.yaml', 'monitoring/grafana.yaml'])('k8s/%s', (file) => {
    expect(validate(readFileSync(join(root, 'k8s', file), 'utf8'))).toBe('')
  })

  it('finds a misspelt field, in Kubernetes’ own kinds and in others', () => {
    const { text } = template('alcove', [...onlyRendered, '--set', 'global.database.mode=cloudnativepg'])
    expect(validate(text.replace('topologySpreadConstraints:', 'topologySpreadConstraint:'))).toContain('topologySpreadConstraint')
    expect(validate(text.replace('imageName:', 'image_name:'))).toContain('image_name')
    const strimzi = template('alcove', [...onlyRendered, '--set', 'global.kafka.mode=strimzi']).text
    expect(validate(strimzi.replace('entityOperator:', 'entityOperators:'))).toContain('entityOperators')
    expect(validate(strimzi.replace('operations: [Read', 'operations: [Reed'))).toContain('KafkaUser')
  })
})

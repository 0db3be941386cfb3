import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { root } from '../../scripts/charts/tools.ts'

interface Workflow {
  on: Record<string, unknown>
  jobs: Record<string, { steps: { uses?: string; run?: string; with?: Record<string, unknown>; env?: Record<string, string> }[] }>
}
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const workflows = readdirSync(join(root, '.github/workflows')).map((file) => ({ file, workflow: parse(read(`.github/workflows/${file}`)) as Workflow }))
const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps)

describe('workflows', () => {
  it('use actions by commit: a tag can be moved to other code', () => {
    const used = workflows.flatMap(({ workflow }) => stepsOf(workflow).flatMap(({ uses }) => (uses === undefined ? [] : [uses])))
    expect(used.length).toBeGreaterThan(8)
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
  })

  it('check pull requests with the tests, the charts and a cluster, and give them no secret', () => {
    const checks = workflows.filter(({ workflow }) => 'pull_request' in workflow.on)
    const commands = checks.flatMap(({ workflow }) => stepsOf(workflow).map(({ run }) => run))
    expect(commands).toEqual(expect.arrayContaining(['make test', 'make test-charts', expect.stringContaining('make test-cluster')]))
    for (const { file } of checks) expect(read(`.github/workflows/${file}`)).not.toMatch(/secrets\.|: write/)
  })

  it('release both architectures from a base image by digest, with SBOM and provenance', () => {
    const release = workflows.find(({ file }) => file === 'release.yaml')!.workflow
    const bake = stepsOf(release).find(({ uses }) => uses?.startsWith('docker/bake-action@'))!
    expect(bake.with).toMatchObject({ push: true, sbom: true, provenance: 'mode=max' })
    expect(bake.env).toMatchObject({ PLATFORMS: 'linux/amd64,linux/arm64' })
    expect(
      stepsOf(release)
        .map(({ run }) => run ?? '')
        .join('\n'),
    ).toMatch(/imagetools inspect[\s\S]*NODE_IMAGE=\$base@\$digest/)
    expect(read('docker-bake.hcl')).toMatch(/platforms\s+= PLATFORMS[\s\S]*NODE_IMAGE = NODE_IMAGE/)
  })
})

describe('the Dockerfile', () => {
  it('begins every stage that is not of its own with the one base image that a release pins', () => {
    const stages = [...read('Dockerfile').matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, base, name]) => ({ base: base!, name: name! }))
    const own = new Set(stages.map(({ name }) => name))
    const outer = stages.filter(({ base }) => !own.has(base)).map(({ base }) => base)
    expect(outer.length).toBeGreaterThan(1)
    expect(new Set(outer)).toEqual(new Set(['${NODE_IMAGE}']))
  })
})

describe('k8s/monitoring', () => {
  const { resources, configMapGenerator } = parse(read('k8s/monitoring/kustomization.yaml')) as {
    resources: string[]
    configMapGenerator: { name: string; files: string[] }[]
  }

  it.each(['rules', 'dashboards'])('brings every one of the chart’s %s, and mounts them', (kind) => {
    const files = readdirSync(join(root, 'charts/alcove/files', kind)).map((file) => `../../charts/alcove/files/${kind}/${file}`)
    expect(configMapGenerator.find(({ name }) => name === `alcove-${kind}`)!.files).toEqual(files)
    const pods = resources.flatMap((file) => parseAllDocuments(read(`k8s/monitoring/${file}`)).map((document) => document.toJS() as any))
    const spec = pods.map((object) => object.spec?.template?.spec).find((pod) => pod?.volumes.some(({ name }: { name: string }) => name === kind))
    expect(spec.volumes).toContainEqual({ name: kind, configMap: { name: `alcove-${kind}` } })
    const path = spec.containers[0].volumeMounts.find(({ name }: { name: string }) => name === kind).mountPath
    // Where the settings look for them.
    expect(resources.map((file) => read(`k8s/monitoring/${file}`)).join('')).toMatch(new RegExp(`(rule_files: \\[${path}/|path: ${path} )`))
  })
})

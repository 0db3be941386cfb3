import { graph } from '@alcove/graph'
import { Ajv } from 'ajv'
import { existsSync, readFileSync, writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readComposeSchema, readSkaffoldSchema } from '../../scripts/charts/published-schemas.ts'
import { buildTool, root, run } from '../../scripts/charts/tools.ts'

// skaffold, tilt and kind themselves are not run here (docs/cluster.md says so): their files are held against what they publish.
const names = graph.map(({ name }) => name).toSorted()

interface Skaffold {
  apiVersion: string
  build: { artifacts: { image: string; docker: { target: string; buildArgs: { SERVICE: string } }; sync: { manual: { src: string }[] } }[] }
  deploy: { helm: { releases: { chartPath: string; valuesFiles: string[]; setValueTemplates: Record<string, string> }[] } }
  profiles: { name: string; patches?: { op: string; path: string; value?: unknown }[] }[]
}
const skaffold = parse(readFileSync(join(root, 'skaffold.yaml'), 'utf8')) as Skaffold
const validate = new Ajv({ strict: false, allErrors: true }).compile(readSkaffoldSchema(skaffold.apiVersion.replace('skaffold/', '')))

function copyChanged(file: string, change: (text: string) => string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'alcove-loop-')), 'changed')
  writeFileSync(path, change(readFileSync(join(root, file), 'utf8')))
  return path
}

describe('compose.yaml', () => {
  it('is what its published schema describes, which finds a misspelt key', () => {
    const compose = parse(readFileSync(join(root, 'compose.yaml'), 'utf8')) as { services: Record<string, object> }
    const isCompose = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(readComposeSchema())
    expect(isCompose(compose), JSON.stringify(isCompose.errors)).toBe(true)
    expect(isCompose({ ...compose, services: { ...compose.services, auth: { ...compose.services.auth, readonly: true } } })).toBe(false)
  })
})

describe('skaffold.yaml', () => {
  it('is what its published schema describes, which finds a misspelt key', () => {
    expect(validate(skaffold), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...skaffold, builds: skaffold.build })).toBe(false)
  })

  it('builds and deploys every service of the graph from files that are there', () => {
    const { artifacts } = skaffold.build
    expect(artifacts.map(({ image }) => image).toSorted()).toEqual(names.map((name) => `alcove/${name}`))
    for (const { image, docker } of artifacts) expect(`alcove/${docker.buildArgs.SERVICE}`).toBe(image)
    const [release] = skaffold.deploy.helm.releases
    expect(Object.keys(release!.setValueTemplates).toSorted()).toEqual(names.flatMap((name) => [`${name}.image.repository`, `${name}.image.tag`]))
    for (const path of [release!.chartPath, ...release!.valuesFiles, 'Dockerfile']) expect(existsSync(join(root, path)), path).toBe(true)
  })

  it('builds stages that the Dockerfile has, in ci the one that a release has', () => {
    const stages = [...readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(/^FROM \S+ AS (\S+)$/gm)].map((match) => match[1])
    for (const { docker } of skaffold.build.artifacts) expect(stages).toContain(docker.target)
    const ci = skaffold.profiles.find(({ name }) => name === 'ci')!.patches!
    expect(ci.filter(({ path }) => path.endsWith('/docker/target')).map(({ value }) => value)).toEqual(names.map(() => stages.at(-1)))
  })
})

describe('tilt/Tiltfile', () => {
  it('is Starlark, and names every service of the graph', () => {
    run(buildTool('check-config'), ['starlark', join(root, 'tilt/Tiltfile')])
    const listed = /^SERVICES = (\[[^\]]*\])$/m.exec(readFileSync(join(root, 'tilt/Tiltfile'), 'utf8'))![1]!
    expect((parse(listed) as string[]).toSorted()).toEqual(names)
  })

  it('would be refused with a bracket missing', () => {
    const broken = copyChanged('tilt/Tiltfile', (text) => text.replace('helm_resource(\n', 'helm_resource((\n'))
    expect(() => run(buildTool('check-config'), ['starlark', broken])).toThrow(/got/)
  })
})

describe('k8s/kind.yaml', () => {
  it('is what kind’s own types describe, which find a misspelt key', () => {
    run(buildTool('check-config'), ['kind', join(root, 'k8s/kind.yaml')])
    const broken = copyChanged('k8s/kind.yaml', (text) => text.replace('extraPortMappings', 'extraPorts'))
    expect(() => run(buildTool('check-config'), ['kind', broken])).toThrow(/extraPorts/)
  })
})

import { graph } from '@alcove/graph'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { buildTool, chartPath, kubeVersion, root, run } from '../../scripts/charts/tools.ts'
import { largeValues, namedImages, onlyRendered, render, template, valuesArgs, valuesFiles } from './helm.ts'

const services = graph.map(({ name }) => name)
const operatorKinds = new Set(['Cluster', 'ScheduledBackup', 'Kafka', 'KafkaNodePool'])

describe('charts', () => {
  it.each(['alcove', ...services])('%s passes helm lint with nothing to say', (chart) => {
    const args = chart === 'alcove' ? onlyRendered : namedImages
    expect(run(buildTool('helm'), ['lint', '--strict', '--kube-version', kubeVersion, ...args, chartPath(chart)])).toContain('0 chart(s) failed')
  })

  it.each(services)('%s can be installed alone, and is then what it is in the umbrella', (name) => {
    const manifests = render(name, namedImages)
    expect(manifests.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['Deployment', 'Service', 'ServiceAccount', 'NetworkPolicy', 'PodDisruptionBudget']),
    )
    const within = render('alcove', onlyRendered)
    for (const manifest of manifests) expect(within).toContainEqual(manifest)
  })

  it.each(valuesFiles)('%s renders what was looked at', async (file) => {
    const { text, refusal } = template('alcove', [...valuesArgs(file), ...onlyRendered])
    expect(refusal).toBeUndefined()
    await expect(text).toMatchFileSnapshot(join(root, 'test/charts/golden', file))
  })

  it('operators’ resources render what was looked at', async () => {
    const { text } = template('alcove', [...onlyRendered, '--set', 'global.database.mode=cloudnativepg,global.kafka.mode=strimzi'])
    await expect(text).toMatchFileSnapshot(join(root, 'test/charts/golden/operators.yaml'))
  })

  it('what a large installation asks operators for renders what was looked at', async () => {
    const asked = render('alcove', [...onlyRendered, '--values', largeValues]).filter(({ kind }) => operatorKinds.has(kind))
    await expect(asked.map((manifest) => stringify(manifest)).join('---\n')).toMatchFileSnapshot(join(root, 'test/charts/golden/operators-large.yaml'))
  })

  it.each(valuesFiles)('%s names every image by a fixed tag or a digest', (file) => {
    const { text } = template('alcove', [...valuesArgs(file), ...onlyRendered])
    const images = [...text.matchAll(/^\s*(?:- )?image: (\S+)$/gm)].map((match) => match[1]!)
    expect(images.length).toBeGreaterThan(9)
    for (const image of images) expect(image).toMatch(/(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/)
    for (const image of images) expect(image).not.toMatch(/:latest$/)
  })

  it('say where they come from, and name no person', () => {
    const folders = readdirSync(join(root, 'charts')).filter((name) => name !== 'tools')
    const charts = folders.map((name) => parse(readFileSync(join(chartPath(name), 'Chart.yaml'), 'utf8')) as Record<string, unknown>)
    for (const { name, home, sources, icon, maintainers } of charts)
      expect([name, home, sources, icon, maintainers]).toEqual([
        name,
        'https://git.example.org/alcove',
        ['https://git.example.org/alcove'],
        'https://git.example.org/alcove/docs/icon.svg',
        undefined,
      ])
    expect(existsSync(join(root, 'docs/icon.svg'))).toBe(true)
    const { annotations } = charts.find(({ name }) => name === 'alcove') as { annotations: Record<string, string> }
    for (const { url } of parse(annotations['artifacthub.io/links']!) as { url: string }[])
      expect([url, existsSync(join(root, url.replace('https://git.example.org/alcove/', '')))]).toEqual([url, true])
  })

  it('have one version, and depend on that one', () => {
    const folders = readdirSync(join(root, 'charts')).filter((name) => name !== 'tools')
    const versions = folders.flatMap((name) =>
      [...readFileSync(join(chartPath(name), 'Chart.yaml'), 'utf8').matchAll(/^\s*(?:version|appVersion): (\S+)$/gm)].map((match) => match[1]),
    )
    expect(versions.length).toBeGreaterThan(folders.length)
    expect(new Set(versions).size).toBe(1)
  })
})

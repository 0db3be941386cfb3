import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { buildTool, chartPath, root, run } from '../../scripts/charts/tools.ts'
import { onlyRendered, template, valuesArgs, valuesFiles } from './helm.ts'

/** What kube-score says and we answer; each with the reason, for all values files. */
const exceptions: Readonly<Record<string, string>> = {
  'container-image-pull-policy': 'tags are fixed, so what is there is right; Always would need a registry even where images were loaded',
  'container-resources': 'no CPU limit: it would slow a busy pod down while the node is idle; memory is limited',
  'deployment-replicas': 'values.yaml is for trying Alcove, where one of each is enough; production has two of what a booking needs',
  'container-security-context-user-group-id': 'PostgreSQL and Kafka come with users of their own below 10000',
  'deployment-has-host-podantiaffinity': 'topology spread constraints keep replicas on different nodes and zones',
  'pod-probes-identical': 'PostgreSQL and the broker have one question to ask: is the port served',
  'statefulset-has-servicename': 'one replica each, found by an ordinary Service',
}

interface Scored {
  object_name: string
  checks: { check: { id: string }; grade: number; skipped: boolean }[] | null
}

/** Check ids of kube-score with anything below its best grade. */
function score(file: string): string[] {
  const { stdout, stderr } = spawnSync(buildTool('kube-score'), ['score', '--kubernetes-version', 'v1.30', '--output-format', 'json', file], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  if (!stdout) throw new Error(`kube-score said nothing: ${stderr}`)
  const objects = JSON.parse(stdout) as Scored[]
  expect(objects.length).toBeGreaterThan(40)
  return objects.flatMap(({ checks }) => (checks ?? []).filter(({ grade, skipped }) => !skipped && grade < 10).map(({ check }) => check.id))
}

async function writeRendered(file: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'alcove-charts-')), 'rendered.yaml')
  writeFileSync(path, template('alcove', [...valuesArgs(file), ...onlyRendered]).text)
  return path
}

describe('kube-score', () => {
  it('has nothing to say that is not answered, and no answer without a question', async () => {
    const said = new Set<string>()
    // The inner loop copies sources into containers of one machine; everything else is held to the score.
    const scored = valuesFiles.filter((file) => file !== 'values-dev.yaml')
    for (const file of scored) for (const id of score(await writeRendered(file))) said.add(id)
    expect([...said].toSorted()).toEqual(Object.keys(exceptions).toSorted())
  })
})

describe('helm-unittest', () => {
  it('finds what the suites beside the umbrella say', () => {
    const said = run(buildTool('helm-unittest'), ['--strict', join(root, 'charts/alcove')])
    expect(said).toMatch(/Tests:\s+[1-9]\d* passed/)
  })
})

describe('helm-docs', () => {
  it.each(['service', 'alcove'])('would write the README of %s as it is', (chart) => {
    const args = ['--chart-search-root', join(root, 'charts'), '--chart-to-generate', chartPath(chart), '--log-level', 'warning', '--dry-run']
    expect(run(buildTool('helm-docs'), args).trim()).toBe(readFileSync(join(chartPath(chart), 'README.md'), 'utf8').trim())
  })
})

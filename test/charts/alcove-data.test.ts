import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../../scripts/charts/tools.ts'

// The script that operators run, against a kubectl that only remembers what it was asked. What runs in the pods is tested in test/system/backup.test.ts.
const KUBECTL = `#!/usr/bin/env bash
shift 2
echo "$*" >>"$STATE/asked"
case "$*" in
  "get deployments --output json") cat "$STATE/deployments.json" ;;
  "get secret auth-keys --output json") cat "$STATE/secret.json" ;;
  "create --filename -") cat >>"$STATE/pods" ;;
  exec*)
    program=\${7##*/} service=\${8:-}
    if [[ $2 != --stdin ]]; then program=\${6##*/} service=\${7:-}; fi
    if [[ $* == *--check ]]; then
      if [[ -e $STATE/waiting-$service ]]; then echo "3 events wait on the broker for $service" >&2; exit 1; fi
      exit 0
    fi
    if [[ $program == restore.js ]]; then cat >"$STATE/restored-$service"; else echo "rows of $service"; fi
    if [[ -e $STATE/fail-$service ]]; then rm "$STATE/fail-$service"; echo "1 events wait" >&2; exit 1; fi ;;
esac
`
let dir: string
let backup: string

const deployment = (name: string, replicas: number, isAlcove = true) => ({
  metadata: { name },
  spec: {
    replicas,
    template: {
      metadata: { labels: { ...(isAlcove ? { 'app.kubernetes.io/part-of': 'alcove' } : {}), 'app.kubernetes.io/name': name } },
      spec: {
        serviceAccountName: name,
        topologySpreadConstraints: [{}],
        containers: [{ name, args: ['dist/main.js'], livenessProbe: {}, lifecycle: {}, env: name === 'gateway' ? [] : [{ name: 'DATABASE_URL' }] }],
      },
    },
  },
})

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'alcove-data-'))
  backup = join(dir, 'backup')
  mkdirSync(join(dir, 'bin'))
  writeFileSync(join(dir, 'bin/kubectl'), KUBECTL)
  // Nothing has to pass here.
  writeFileSync(join(dir, 'bin/sleep'), '#!/bin/sh\n')
  for (const program of ['kubectl', 'sleep']) chmodSync(join(dir, 'bin', program), 0o755)
  const items = [deployment('booking', 3), deployment('payment', 2), deployment('gateway', 2), deployment('stranger', 1, false)]
  writeFileSync(join(dir, 'deployments.json'), JSON.stringify({ items }))
  writeSecret('a key')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const writeSecret = (key: string) =>
  writeFileSync(join(dir, 'secret.json'), JSON.stringify({ apiVersion: 'v1', kind: 'Secret', data: { key }, metadata: { name: 'auth-keys', uid: '1' } }))

function run(...args: string[]) {
  rmSync(join(dir, 'asked'), { force: true })
  const env = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env.PATH}`, STATE: dir }
  const { status, stdout, stderr } = spawnSync(join(root, 'k8s/operations/alcove-data'), args, { env, encoding: 'utf8' })
  const asked = existsSync(join(dir, 'asked')) ? readFileSync(join(dir, 'asked'), 'utf8').trim().split('\n') : []
  return {
    status,
    output: stdout + stderr,
    asked,
    acts: asked.filter((line) => /^(scale|exec)/.test(line)).map((line) => line.replace(/ --container.*node /, ' ')),
  }
}
const started = ['scale deployment/booking --replicas=3', 'scale deployment/payment --replicas=2', 'scale deployment/gateway --replicas=2']
const stopped = 'scale deployment booking payment gateway --replicas=0'

describe('alcove-data', () => {
  it('writes out every database while nothing runs, the way in closed first, and starts what ran', () => {
    const { status, output, acts } = run('backup', backup)
    expect(status, output).toBe(0)
    expect([acts.slice(0, 2), acts.slice(2, 4).toSorted(), acts.slice(4)]).toEqual([
      ['scale deployment gateway --replicas=0', stopped],
      ['exec data-booking dist/backup.js booking', 'exec data-payment dist/backup.js payment'],
      started,
    ])
    expect(readFileSync(join(backup, 'booking.backup'), 'utf8')).toBe('rows of booking\n')
    const pod = readFileSync(join(dir, 'pods'), 'utf8')
    expect(pod).toContain('"serviceAccountName": "booking"')
    expect(pod).not.toMatch(/livenessProbe|lifecycle|topologySpread|dist\/main/)
    expect(existsSync(join(backup, 'replicas'))).toBe(false)
  })

  it('lets what is under way arrive behind the closed door, and tries again', () => {
    writeFileSync(join(dir, 'fail-payment'), '')
    const { status, output, acts } = run('backup', backup)
    expect(status, output).toBe(0)
    expect(acts.filter((line) => line.startsWith('scale'))).toEqual([
      'scale deployment gateway --replicas=0',
      stopped,
      ...started.slice(0, 2),
      stopped,
      ...started,
    ])
  })

  it('brings back what it wrote', () => {
    run('backup', backup)
    const { status, output, acts } = run('restore', backup, '--replace')
    expect(status, output).toBe(0)
    expect([acts[0], acts.slice(1, 3).toSorted(), acts.slice(3, 5).toSorted(), acts.slice(5)]).toEqual([
      stopped,
      ['exec data-booking dist/restore.js booking --check', 'exec data-payment dist/restore.js payment --check'],
      ['exec --stdin data-booking dist/restore.js booking --replace', 'exec --stdin data-payment dist/restore.js payment --replace'],
      started,
    ])
    expect(readFileSync(join(dir, 'restored-payment'), 'utf8')).toBe('rows of payment\n')
  })

  it('brings back nothing while the broker has events for anybody, and starts what ran', () => {
    run('backup', backup)
    writeFileSync(join(dir, 'waiting-payment'), '')
    const { status, output, acts } = run('restore', backup, '--replace')
    expect([status, acts[0], acts.slice(3)], output).toEqual([1, stopped, started])
    expect(output).toContain('3 events wait on the broker for payment')
    expect(existsSync(join(dir, 'restored-booking'))).toBe(false)
  })

  it('starts nothing when only a part was brought back, and everything when it is done again', () => {
    run('backup', backup)
    writeFileSync(join(dir, 'fail-booking'), '')
    const failed = run('restore', backup)
    expect([failed.status, failed.acts.filter((line) => line.startsWith('scale'))], failed.output).toEqual([1, [stopped]])
    expect(failed.output).toContain('nothing is started')
    expect(run('restore', backup, '--replace').acts.slice(-3)).toEqual(started)
  })

  it('touches nothing with another key, a spoilt backup, or words that it does not know', () => {
    run('backup', backup)
    writeSecret('another key')
    expect(run('restore', backup)).toMatchObject({ status: 1, acts: [], output: expect.stringContaining("the Secret auth-keys is not the backup's") })
    writeSecret('a key')
    appendFileSync(join(backup, 'booking.backup'), 'x')
    expect(run('restore', backup)).toMatchObject({ status: 1, acts: [], output: expect.stringContaining('booking.backup: FAILED') })
    expect(run('erase', backup)).toMatchObject({ status: 2, asked: [], output: expect.stringContaining('usage: alcove-data backup') })
  })
})

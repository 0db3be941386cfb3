import { runChaos } from '../test/system/chaos/run.ts'
import { printChaos } from '../test/system/chaos/table.ts'

// `make chaos SEED=1`: a booking storm while everything is killed and stopped in turn; afterwards the books must agree.
const seed = readWhole('SEED', 1)
const durationSeconds = readWhole('DURATION_SECONDS', 180)
const transport = process.env.TRANSPORT || 'kafka'
if (transport !== 'kafka' && transport !== 'embedded') throw new Error(`TRANSPORT is kafka or embedded, not ${transport}`)
const startedAt = performance.now()
const onProgress = (line: string): void => console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`)

const result = await runChaos({ seed, durationSeconds, transport, onProgress })
console.log(`\n${printChaos(result)}\n`)
const failed = result.verdicts.filter(({ wrong }) => wrong.length > 0)
console.log(failed.length === 0 ? 'All promises held.' : `${failed.length} promises were broken.`)
console.log(`Once more: make chaos SEED=${seed} DURATION_SECONDS=${durationSeconds} TRANSPORT=${transport}`)
process.exitCode = failed.length === 0 ? 0 : 1

function readWhole(name: string, fallback: number): number {
  const text = process.env[name] || String(fallback)
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name} is a whole number from 1, not ${text}`)
  return Number(text)
}

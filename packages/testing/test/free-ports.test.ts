import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findFreePort, findFreePorts, isPortFree } from '../src/free-ports.ts'

const module = fileURLToPath(new URL('../src/free-ports.ts', import.meta.url))

/** What another process finds, which lives until its standard input ends. */
async function findElsewhere(count: number): Promise<{ ports: number[]; end(): void }> {
  const script = `const { findFreePorts } = await import(${JSON.stringify(module)}); console.log(JSON.stringify(await findFreePorts(${count}))); process.stdin.resume()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ports = await new Promise<number[]>((resolve) => child.stdout.once('data', (line: Buffer) => resolve(JSON.parse(String(line)) as number[])))
  return { ports, end: () => child.stdin.end() }
}

describe('free ports', () => {
  it('are all different, by several searches at once, in this process and in others', async () => {
    const others = await Promise.all([findElsewhere(150), findElsewhere(20), findElsewhere(20)])
    const own = await Promise.all([findFreePorts(150), findFreePort(), findFreePorts(12)])
    const all = [...own.flat(), ...others.flatMap(({ ports }) => ports)]
    for (const other of others) other.end()
    expect(all).toHaveLength(353)
    expect(new Set(all).size).toBe(353)
    expect(await Promise.all(all.map((port) => isPortFree(port, '127.0.0.1')))).not.toContain(false)
  })

  it('leave a process free to end', async () => {
    const other = await findElsewhere(1)
    other.end()
    const [port] = other.ports as [number]
    const first = port - (port % 100)
    await expect.poll(() => isPortFree(first, '127.0.0.1')).toBe(true)
  })
})

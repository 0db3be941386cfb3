import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { keepBroker } from './kafka-keeper.ts'

/** A broker that notes what is done to it. */
function createBroker(): Parameters<typeof keepBroker>[0] & { done: string[] } {
  const done: string[] = []
  return {
    done,
    brokers: '127.0.0.1:9092',
    start: async () => void done.push('start'),
    end: async (_broker, signal) => void done.push(signal),
    setPaused: () => undefined,
  }
}

describe('a kept broker', () => {
  it('is started again by itself, and not once it was stopped', async () => {
    const broker = createBroker()
    const keeper = keepBroker(broker)
    await keeper.kill()
    await expect.poll(() => broker.done, { timeout: 20_000 }).toContain('start')
    await keeper.stop()
    await keeper.end()
    expect(broker.done.slice(broker.done.indexOf('SIGTERM'))).toEqual(['SIGTERM', 'SIGTERM'])
  })

  it('ends also where nothing else keeps the process alive', () => {
    const script = `
      import { keepBroker } from ${JSON.stringify(new URL('kafka-keeper.ts', import.meta.url).href)}
      const nothing = async () => undefined
      await keepBroker({ brokers: '', start: nothing, end: nothing, setPaused: nothing }).end()
      console.log('ended')`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'ended\n', stderr: '' })
  })
})

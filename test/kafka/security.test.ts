import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyTopics, createKafkaTransport, readBrokerSettings } from '@alcove/events/kafka'
import { waitFor } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Kafka } from '../../scripts/kafka/start-kafka.ts'
import { startOwnKafka } from './own-kafka.ts'

const log = { warn: () => undefined }
const PASSWORD = 'right-and-long-enough'
let dir: string
let kafka: Kafka
let env: Record<string, string>

/** A certificate for 127.0.0.1 that nobody but itself has signed. */
function makeCertificate(name: string): { keyFile: string; certificateFile: string } {
  const files = { keyFile: join(dir, `${name}.key`), certificateFile: join(dir, `${name}.crt`) }
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const out = ['-keyout', files.keyFile, '-out', files.certificateFile]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...out], { stdio: 'ignore' })
  return files
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'alcove-kafka-tls-'))
  const security = makeCertificate('broker')
  kafka = await startOwnKafka(1, { security })
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const credentials = ['--add-config', `${mechanism}=[password=${PASSWORD}]`]
    await kafka.runTool('kafka-configs', ['--alter', ...credentials, '--entity-type', 'users', '--entity-name', 'booking'])
  }
  env = {
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_TLS: 'on',
    KAFKA_TLS_CA_FILE: security.certificateFile,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'booking',
    KAFKA_SASL_PASSWORD: PASSWORD,
  }
  await applyTopics(readBrokerSettings(env), [{ name: 'secured', partitions: 2, retentionDays: 1 }])
})
afterAll(async () => {
  await kafka.forget()
  rmSync(dir, { recursive: true })
})

describe('a broker with TLS and SCRAM', () => {
  it.each(['scram-sha-256', 'scram-sha-512'])('carries events for who has the password, by %s', async (mechanism) => {
    const settings = readBrokerSettings({ ...env, KAFKA_SASL_MECHANISM: mechanism })
    const transport = createKafkaTransport({ settings, service: 'booking', log })
    await transport.check()
    const got: string[] = []
    const onBatch = async (batch: { value: string }[]) => void got.push(...batch.map(({ value }) => value))
    const subscription = await transport.subscribe({ group: `booking-${mechanism}`, topics: ['secured'], onBatch })
    await transport.publish('secured', [{ key: 'k', value: mechanism }])
    await waitFor(() => got.includes(mechanism), { timeoutMs: 60_000 })
    expect(await subscription.lag()).toBeGreaterThanOrEqual(0)
    await subscription.stop()
    await transport.close()
  })

  it.each([
    ['a wrong password', { KAFKA_SASL_PASSWORD: 'wrong-and-long-enough' }],
    ['a user that nobody made', { KAFKA_SASL_USERNAME: 'payment' }],
    ['no name at all', { KAFKA_SASL_MECHANISM: 'none', KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD: '' }],
    ['no TLS', { KAFKA_TLS: 'off', KAFKA_TLS_CA_FILE: '' }],
  ])('is closed to %s', async (_what, changed) => {
    const transport = createKafkaTransport({ settings: readBrokerSettings({ ...env, ...changed }), service: 'booking', log })
    await expect(transport.check()).rejects.toThrow()
    await expect(transport.publish('secured', [{ key: 'k', value: 'intruder' }])).rejects.toThrow()
    await transport.close()
  })

  it('is not trusted when another authority signed its certificate', async () => {
    const { certificateFile } = makeCertificate('stranger')
    expect(readFileSync(certificateFile, 'utf8')).toContain('CERTIFICATE')
    const transport = createKafkaTransport({ settings: readBrokerSettings({ ...env, KAFKA_TLS_CA_FILE: certificateFile }), service: 'booking', log })
    await expect(transport.check()).rejects.toThrow(/certificate/)
    await transport.close()
  })
})

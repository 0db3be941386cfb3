import { readFileSync } from 'node:fs'

/** Where one broker listens, for clients, other brokers and controllers, and under which names it is found. */
export interface BrokerPlace {
  readonly id: number
  /** The address that sockets are bound to. */
  readonly bind: string
  /** Where other brokers find it. */
  readonly host: string
  readonly port: number
  readonly internalPort: number
  readonly controllerPort: number
  readonly dataDir: string
}

/** Files in PEM: what clients of a broker with TLS and SCRAM meet. */
export interface BrokerSecurity {
  readonly keyFile: string
  readonly certificateFile: string
}

/** `server.properties` of one of the brokers. Small and quick to settle: it serves tests and one machine. */
export function renderProperties(own: BrokerPlace, all: readonly BrokerPlace[], security?: BrokerSecurity): string {
  const replicas = Math.min(3, all.length)
  const safe = Math.max(1, replicas - 1)
  const properties: Record<string, string | number> = {
    'node.id': own.id,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': all.map(({ id, host, controllerPort }) => `${id}@${host}:${controllerPort}`).join(','),
    listeners: `CLIENT://${own.bind}:${own.port},INTERNAL://${own.bind}:${own.internalPort},CONTROLLER://${own.bind}:${own.controllerPort}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${own.port},INTERNAL://${own.host}:${own.internalPort}`,
    'listener.security.protocol.map': `CLIENT:${security ? 'SASL_SSL' : 'PLAINTEXT'},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': own.dataDir,
    // As in production: a topic that nobody declared is a mistake.
    'auto.create.topics.enable': 'false',
    'num.partitions': 4,
    'default.replication.factor': replicas,
    'min.insync.replicas': safe,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': safe,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': safe,
    'share.coordinator.state.topic.num.partitions': 8,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 6000,
    ...(security ? secure(security) : {}),
  }
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
}

function secure({ keyFile, certificateFile }: BrokerSecurity): Record<string, string> {
  const inLine = (file: string) => readFileSync(file, 'utf8').trim().split('\n').join('\\n')
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': inLine(certificateFile),
    'ssl.keystore.key': inLine(keyFile),
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,SCRAM-SHA-256',
    'listener.name.client.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'listener.name.client.scram-sha-256.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  }
}

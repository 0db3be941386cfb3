import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { listenHost } from '../supervisor/layout.ts'
import type { BrokerPlace } from './properties.ts'
import type { Way } from './way.ts'

/** Where the image keeps data. */
const DOCKER_DATA_DIR = '/var/lib/kafka/data'

/** Says how the cluster in that directory is run. */
export const wayFile = (dir: string) => join(dir, 'way')
/** Of containers and their network. */
export const nameCluster = (dir: string) => `alcove-kafka-${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 8)}`
export const nameBroker = (cluster: string, id: number) => `${cluster}-${id}`

/** One place for every three ports: for clients, other brokers, controllers. */
export function planPlaces(way: Way, dir: string, ports: readonly number[]): BrokerPlace[] {
  return Array.from({ length: Math.floor(ports.length / 3) }, (_, index) => {
    const [port, internalPort, controllerPort] = ports.slice(index * 3, index * 3 + 3) as [number, number, number]
    const id = index + 1
    const shared = { id, port, internalPort, controllerPort }
    return way === 'docker'
      ? { ...shared, bind: '0.0.0.0', host: nameBroker(nameCluster(dir), id), dataDir: DOCKER_DATA_DIR }
      : { ...shared, bind: listenHost, host: listenHost, dataDir: join(resolve(dir), String(id), 'data') }
  })
}

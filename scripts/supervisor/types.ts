import type { ServiceName } from '@alcove/contracts'

/** How a stack is started; everything has a default fit for a test. */
export interface StackOptions {
  /**
   * Where data, logs, tokens and the clock file live. Made when missing; a stack started there before is taken up again.
   * Left out: a temporary one, removed with everything in it by `down()`.
   */
  readonly dir?: string
  /** Added to every port of the local profile. Left out, free ports are found, so that stacks run side by side. */
  readonly portBase?: number
  /** What carries events; the embedded log unless given. */
  readonly transport?: 'embedded' | 'kafka'
  /** The `KAFKA_*` variables of a broker that is there already; without them `transport: 'kafka'` starts one of its own. */
  readonly kafka?: Readonly<Record<string, string>>
  /** Services to start; all of them unless given. */
  readonly services?: readonly ServiceName[]
  /** Replicas by service, 1 unless given. More than one stand behind a balancer on the service's own port. */
  readonly replicas?: Partial<Record<ServiceName, number>>
  /** Environment for every service, such as `{ RATE_LIMITS: 'off' }`. */
  readonly env?: Readonly<Record<string, string>>
  /** Environment for one service, over `env`. */
  readonly serviceEnv?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>
  /** Arms the kill points and the consumers' pause of the operations port. */
  readonly testControls?: boolean
  /** Makes the demo data (`true`: everything, `'accounts'`: only the people who can log in). */
  readonly demo?: boolean | 'accounts'
  /** `false`: PostgreSQL writes without fsync, for tests that do not pull the plug. */
  readonly durable?: boolean
  /** Ends every process of the stack when this process dies, however it dies. On unless turned off (the daemon recovers by itself instead). */
  readonly tether?: boolean
  /** How long the start may take before it fails. */
  readonly startTimeoutMs?: number
  /** Told what happens, one line each. */
  readonly onProgress?: (line: string) => void
}

export type ProcessState = 'starting' | 'ready' | 'unready' | 'paused' | 'backoff' | 'stopping' | 'stopped'

/** One process as `make status` shows it. */
export interface ProcessStatus {
  readonly service: ServiceName
  /** Counts from 1. */
  readonly replica: number
  readonly state: ProcessState
  readonly pid: number | null
  readonly upSeconds: number | null
  readonly rssBytes: number | null
  /** Restarts that nobody asked for. */
  readonly restarts: number
  /** `code 1` or `signal SIGKILL` of the last process in this place. */
  readonly lastExit: string | null
  readonly url: string
  readonly opsUrl: string
}

/** The broker that a stack has started for itself. */
export interface BrokerControl {
  /** Value of `KAFKA_BROKERS`. */
  readonly brokers: string
  /** SIGKILL; it is started again as after any crash. */
  kill(): Promise<void>
  /** Ends it in good order; it stays away until `start()`, which settles when it answers. */
  stop(): Promise<void>
  start(): Promise<void>
  /** SIGSTOP: connections open and nobody answers. */
  pause(): void
  resume(): void
}

/** `booking`, or one replica of it: `booking.2`. */
export type Target = ServiceName | `${ServiceName}.${number}`

/** A running Alcove: nine services and their database. Commands settle once they have taken effect. */
export interface Stack {
  readonly dir: string
  /** Base address of each service, the balancer's where it has several replicas. */
  readonly urls: Readonly<Record<ServiceName, string>>
  /** Operations addresses of the running replicas, in order. */
  opsUrls(service: ServiceName): string[]
  /** Connection strings with the service's own role; `event_log` is the embedded log's, `postgres` the superuser's. */
  readonly databaseUrls: Readonly<Record<string, string>>
  /** The stack's own broker, when it has one. */
  readonly broker: BrokerControl | undefined
  status(): ProcessStatus[]
  /** Drains, then ends; its port refuses connections afterwards. */
  stop(target: Target): Promise<void>
  /** Settles when ready; starting what runs does nothing. */
  start(target: Target): Promise<void>
  restart(target: Target): Promise<void>
  /** Sends a signal and nothing else; after SIGKILL the supervisor restarts it with backoff unless `{ restart: false }`. Settles when the process is gone. */
  kill(target: Target, options?: { signal?: NodeJS.Signals; restart?: boolean }): Promise<void>
  /** SIGSTOP: connections open and nobody answers. */
  pause(target: Target): void
  resume(target: Target): void
  /** Starts or drains replicas until there are `count`. */
  scale(service: ServiceName, count: number): Promise<void>
  /** The environment that a process of this service is started with; a script of the service runs under it too. */
  envOf(service: ServiceName): Record<string, string>
  /** Changes the environment of services and restarts the ones it changes. */
  setEnv(service: ServiceName, env: Readonly<Record<string, string>>): Promise<void>
  /** Settles when all that are not stopped (or these) are ready; rejects with the log's last lines after the limit. */
  waitReady(targets?: readonly Target[], timeoutMs?: number): Promise<void>
  /** What a service's replicas wrote, oldest first. */
  logs(service: ServiceName): string
  /** A service token as `caller` would present it to `callee`, valid for an hour. */
  serviceToken(caller: ServiceName, callee: ServiceName): Promise<string>
  /** Moves the product clock of all services: offset from real time. */
  setClockOffsetMs(offsetMs: number): void
  /** Drains everything, stops PostgreSQL, leaves no process. Data stay if a `dir` was given. */
  down(): Promise<void>
}

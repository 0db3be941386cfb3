import { join, relative, resolve } from 'node:path'
import type { ProcessStatus } from '../supervisor/stack.ts'
import { root } from '../supervisor/layout.ts'

/** Where `make up` keeps its stack; ALCOVE_DIR puts it elsewhere. */
export const stackDir = resolve(root, process.env.ALCOVE_DIR || '.alcove')
/** Relative to the repository, where commands run: an absolute path may be longer than the 108 bytes a socket's address has. */
export const socketPath = relative(root, join(stackDir, 'control.sock'))
export const supervisorLog = join(stackDir, 'logs/supervisor.log')

/** What `make up` asks of the daemon. */
export interface UpRequest {
  /** Absent unless PORT_BASE was given. */
  readonly portBase?: number
  /** Absent unless TRANSPORT was given. */
  readonly transport?: 'embedded' | 'kafka'
  /** The `KAFKA_*` variables that the caller has set; a broker is started when they name none. */
  readonly kafka?: Readonly<Record<string, string>>
  /** Only what was asked for: N_booking=3. */
  readonly replicas: Readonly<Record<string, number>>
  /** Whether a fresh stack gets demo data. */
  readonly demo: boolean
  /** By service: the documented variables that the caller has set. */
  readonly serviceEnv: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export interface DaemonStatus {
  readonly pid: number
  readonly phase: 'starting' | 'running' | 'stopping'
  readonly portBase: number
  readonly startedAt: string
  readonly clockOffsetMs: number
  readonly processes: readonly ProcessStatus[]
}

/** One line of the stream that `make up` reads. */
export type Progress = { readonly line: string } | { readonly ready: true } | { readonly failure: string }

/** Commands over the socket, all POST with a JSON body. */
export interface Commands {
  status: { request: object; answer: DaemonStatus }
  apply: { request: UpRequest; answer: { changes: string[] } }
  stop: { request: { target: string }; answer: object }
  start: { request: { target: string }; answer: object }
  restart: { request: { target: string }; answer: object }
  watch: { request: { on: boolean }; answer: object }
  env: { request: { service: string }; answer: Record<string, string> }
  down: { request: object; answer: object }
}

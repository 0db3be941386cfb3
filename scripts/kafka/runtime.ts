import type { ProcessIdentity } from '../supervisor/processes.ts'

/** The tools of Kafka that are used here. */
export type KafkaTool = 'kafka-console-consumer' | 'kafka-configs' | 'kafka-topics'

/**
 * Java's quick compiler alone. The thorough one works for a minute and more after every start, at first as much as what answers requests does, on
 * cores that the services need; what it gains afterwards is a fifth of the latter's time (decision 23).
 */
export const COMPILER = '-XX:TieredStopAtLevel=1'

/** One broker, run in one way or another. Its data stay until `forget`. */
export interface BrokerRuntime {
  /** Starts what does not run; settles as soon as it runs, not when it is ready. */
  start(): Promise<void>
  /** Settles when it is gone; SIGKILL is a crash. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  setPaused(paused: boolean): void
  isRunning(): boolean
  /** What it wrote since its last start. */
  readLog(): string
  /** The process, where it is one of this machine. */
  identity(): ProcessIdentity | undefined
  /** Removes everything that is left of it. */
  forget(): void
  /** Runs a tool of Kafka where the broker is; answers its output, throws it when it fails. */
  runTool(tool: KafkaTool, args: readonly string[]): Promise<string>
}

import type { ServiceName } from '@alcove/contracts'
import { createKillPoints, createLogger, Registry, type Authenticator, type KillPoints, type Logger } from '@alcove/kit'
import { createTestClock, type TestClock } from './clock.ts'
import { buildTestTokens, type TestTokens } from './tokens.ts'

/** What `runService` gives to `build`, made for tests: nothing is logged, the clock stands still, no HTTP. */
export interface TestContext {
  service: ServiceName
  version: string
  log: Logger
  metrics: Registry
  clock: TestClock
  killPoints: KillPoints
  authenticator: Authenticator
  tokens: TestTokens
}

/** Spread it into `buildApp`'s dependencies, or pass its parts. `LOG_LEVEL` in the environment shows the logs. */
export async function buildTestContext(service: ServiceName, now?: string | Date): Promise<TestContext> {
  const tokens = await buildTestTokens(service)
  return {
    service,
    version: '0.0.0-test',
    log: createLogger({ service, level: process.env.LOG_LEVEL ?? 'silent' }),
    metrics: new Registry(),
    clock: createTestClock(now),
    killPoints: createKillPoints(),
    authenticator: tokens.authenticator,
    tokens,
  }
}

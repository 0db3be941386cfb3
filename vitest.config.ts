import { configDefaults, defineConfig } from 'vitest/config'

const temporaryDir = 'packages/testing/src/temporary-dir.ts'
// A busy machine is slow, not wrong: a limit is there to end what hangs. A poll gives up well before its test does, and says what it waited for.
const expectation = { poll: { timeout: 50_000 } }
const common = {
  pool: 'forks' as const,
  expect: expectation,
  testTimeout: 180_000,
  hookTimeout: 180_000,
  teardownTimeout: 10_000,
  globalSetup: [temporaryDir, 'packages/testing/src/global-setup.ts'],
}

// Two workers: made for two cores, and every file may hold a dozen connections to the one PostgreSQL of the run.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['packages/*/{src,test}/**/*.test.ts', 'services/*/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'services/gateway/test/redis/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Whole processes: one file at a time, after everything else.
        test: {
          ...common,
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // `make test-cluster`: on the cluster of the current context, one file after the other.
        test: {
          name: 'cluster',
          expect: expectation,
          pool: 'forks',
          // The short form: a whole installation, and the service that a booking needs most restarted under load.
          include: process.env.CLUSTER_SHORT === 'on' ? ['test/cluster/{install,rolling}.test.ts'] : ['test/cluster/*.test.ts'],
          globalSetup: [temporaryDir, 'test/cluster/global-setup.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        // A real Redis, started for the run unless REDIS_TEST_URL names one; `make test-redis`.
        test: {
          ...common,
          name: 'redis',
          include: ['services/gateway/test/redis/**/*.test.ts'],
          globalSetup: [...common.globalSetup, 'services/gateway/test/redis/global-setup.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      {
        // `make test-charts`: needs Go.
        test: {
          name: 'charts',
          expect: expectation,
          pool: 'forks',
          include: ['test/charts/**/*.test.ts'],
          globalSetup: [temporaryDir, 'test/charts/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // A real broker, started for the run unless KAFKA_BROKERS names one; `make test-kafka`.
        test: {
          ...common,
          name: 'kafka',
          include: ['test/kafka/**/*.test.ts'],
          globalSetup: [...common.globalSetup, 'test/kafka/global-setup.ts'],
          testTimeout: 400_000,
          hookTimeout: 400_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

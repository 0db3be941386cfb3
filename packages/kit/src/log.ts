import { pino, type Logger } from 'pino'
import { toLoggedError } from './log-error.ts'

export type { Logger }

/** Member names that never reach a log, at the depths where request and domain objects carry them. */
const secret = ['password', 'currentPassword', 'newPassword', 'token', 'accessToken', 'refreshToken', 'authorization', 'secret', 'email', 'cookie']
const redacted = secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

function hide(): undefined {
  return undefined
}

/** JSON logs on standard output with `service` in every line; secrets and addresses are replaced by `[redacted]`. */
export function createLogger(options: { service: string; version?: string; level?: string; destination?: { write(line: string): void } }): Logger {
  const { service, version, level = 'info', destination } = options
  const settings = {
    level,
    base: { service, ...(version ? { version } : {}) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // A request has headers: whoever logs one by mistake logs nothing.
    serializers: { err: toLoggedError, error: toLoggedError, req: hide, res: hide },
    redact: { paths: [...redacted, '*["x-service-authorization"]', '*.*["x-service-authorization"]'], censor: '[redacted]' },
  }
  return destination ? pino(settings, destination) : pino(settings)
}

/** Members of errors that say where and what, and never with which values. Everything else an error carries stays out of the log. */
const told = [
  'code',
  'errno',
  'syscall',
  'address',
  'port',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'slug',
  'status',
  'callee',
  'sent',
  'reason',
  'calleeStatus',
  'responseCode',
] as const

const causesMax = 5

export interface LoggedError {
  type: string
  message: string
  stack?: string
  cause?: LoggedError
  errors?: LoggedError[]
  [member: string]: unknown
}

/**
 * An error as logs show it. Drivers put values into what they throw: PostgreSQL's `detail` holds the whole refused row, Prisma's messages
 * the arguments of the call, JSON.parse's the text. So members are picked from a list, and messages are cleaned.
 */
export function toLoggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error was thrown' }
  const message = toSafeMessage(error)
  const logged: LoggedError = { type: error.name, message }
  const members = error as unknown as Record<string, unknown>
  for (const name of told) if (['string', 'number', 'boolean'].includes(typeof members[name])) logged[name] = members[name]
  logged.stack = toFrames(error)
  if (depth >= causesMax) return logged
  if (error.cause !== undefined) logged.cause = toLoggedError(error.cause, depth + 1)
  if (error instanceof AggregateError) logged.errors = error.errors.slice(0, causesMax).map((each) => toLoggedError(each, depth + 1))
  return logged
}

/** The message of an error without the values that it may quote, and without addresses, tokens and passwords wherever they stand. */
export function toSafeMessage(error: unknown): string {
  if (!(error instanceof Error)) return 'not an error was thrown'
  const { name, message } = error
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  // The last line of Prisma's says what is wrong; those before it show the call with its arguments.
  if (name.startsWith('PrismaClient')) return withoutSecrets(withoutQuotes(message.trim().split('\n').at(-1)!))
  const isDataException = typeof severity === 'string' && typeof code === 'string' && /^(22|P0)/.test(code)
  if (isDataException || error instanceof SyntaxError) return withoutSecrets(withoutQuotes(message))
  return withoutSecrets(message)
}

function withoutQuotes(text: string): string {
  return text.replace(/"[^]*"/g, '"…"').replace(/'[^]*'/g, "'…'")
}

const emailForm = /[^\s<>"'(),;:@]+@[^\s<>"'(),;:@]+\.[A-Za-z]{2,}/g
const jwtForm = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g
const passwordInUrl = /(:\/\/[^\s/:@]+):[^\s/@]+@/g

function withoutSecrets(text: string): string {
  return text.replace(passwordInUrl, '$1:[redacted]@').replace(emailForm, '[address]').replace(jwtForm, '[token]').slice(0, 2000)
}

/** The places of the stack; what stands above them repeats the message. */
function toFrames({ stack }: Error): string | undefined {
  return stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}

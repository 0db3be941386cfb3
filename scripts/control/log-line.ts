const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' }
const SHOWN_ELSEWHERE = new Set(['level', 'time', 'msg', 'service', 'pid', 'hostname', 'version', 'err'])

/** A JSON log line as a person reads it; anything else as it is. */
export function formatLogLine(service: string, line: string): { time: string; text: string } {
  const entry = parse(line)
  if (!entry) return { time: line.slice(0, 24), text: `${service.padEnd(12)} ${line}` }
  const time = new Date(entry.time as string | number).toISOString()
  const level = typeof entry.level === 'number' ? (LEVELS[entry.level] ?? String(entry.level)) : String(entry.level ?? '')
  const fields = Object.entries(entry).filter(([name]) => !SHOWN_ELSEWHERE.has(name))
  const rest = fields.map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(' ')
  const stack = (entry.err as { stack?: string } | undefined)?.stack
  return {
    time,
    text: `${time.slice(11, 23)} ${service.padEnd(12)} ${level.padEnd(5)} ${String(entry.msg ?? '')} ${rest}`.trimEnd() + (stack ? `\n${stack}` : ''),
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry = JSON.parse(line) as Record<string, unknown>
    return Number.isNaN(new Date(entry.time as string | number).getTime()) ? undefined : entry
  } catch {
    return undefined
  }
}

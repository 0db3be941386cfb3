import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** A name for this process (or a part of it) in tables that share work: host, pid, something random. */
export function nameProcess(): string {
  return `${hostname()}:${process.pid}:${randomBytes(6).toString('hex')}`
}

/**
 * Whether a name of {@link nameProcess} belongs to a process of this machine that is gone, so that its work can be
 * taken at once. False for other machines and for our own pid (a container's predecessor had the same): their time runs out.
 */
export function isGone(name: string): boolean {
  const [host, pid] = name.split(':')
  if (host !== hostname() || Number(pid) === process.pid) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

import { closeSync, readdirSync, readFileSync } from 'node:fs'

const CLOSE_ON_EXEC = 0o2000000

/**
 * Closes what the caller handed down beyond the three standard streams (a pipe of a test runner, a job server's
 * token): the daemon would hold it open, and whoever waits for its end would wait for `make down`.
 */
export function closeInheritedDescriptors(): void {
  if (process.platform !== 'linux') return
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const fd = Number(name)
    if (fd <= 2) continue
    try {
      const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))?.[1] ?? '0'
      // Node's own are all closed on exec; what is not came from outside.
      if ((Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) closeSync(fd)
    } catch {
      // The descriptor that listed the directory is gone by now.
    }
  }
}

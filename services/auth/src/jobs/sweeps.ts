import type { Pool } from 'pg'
import type { KeyRing } from '../crypto/key-ring.ts'
import { deleteExpired } from '../db/delete-expired.ts'

/**
 * auth's time-driven work, on real time. Late key rotation harms nobody: the present key signs on, and a next one is
 * always published long before it signs. Late deletion keeps rows that every reader refuses by their expiry.
 */
export function listSweeps(deps: { pool: Pool; keyRing: Pick<KeyRing, 'rotate'>; now: () => Date }) {
  return [
    { name: 'rotate-signing-keys', everySeconds: 60, timeLimitSeconds: 30, run: () => deps.keyRing.rotate() },
    { name: 'delete-expired', everySeconds: 600, timeLimitSeconds: 120, run: () => deleteExpired(deps.pool, deps.now()) },
  ]
}

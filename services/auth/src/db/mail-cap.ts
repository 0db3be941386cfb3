import type { Pool } from 'pg'
import { tooManyMails } from '../errors.ts'

/** Lets a request that may send a mail pass. @throws {ProblemError} `rate-limited` once a minute's mails are asked for, until the next minute */
export type AdmitMail = () => Promise<void>

const minuteMs = 60_000

/**
 * Bounds what strangers can make this installation mail, over all replicas, addresses and sources. Every request counts, also one for an address that gets
 * no mail, so that the answer tells nothing about addresses; it counts before a password is hashed for it.
 */
export function createMailCap(pool: Pool, { perMinute, now }: { perMinute: number; now: () => Date }): AdmitMail {
  return async () => {
    const nowMs = now().getTime()
    const minute = new Date(Math.floor(nowMs / minuteMs) * minuteMs)
    const { rows } = await pool.query<{ requests: number }>(
      `INSERT INTO mail_request AS m (minute, requests) VALUES ($1, 1)
       ON CONFLICT (minute) DO UPDATE SET requests = m.requests + 1 RETURNING requests`,
      [minute],
    )
    if (rows[0]!.requests > perMinute) throw tooManyMails(Math.ceil((minute.getTime() + minuteMs - nowMs) / 1000))
  }
}

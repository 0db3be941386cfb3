import type { Pool } from 'pg'

/** How long ended sessions are kept: longer than the gateway may ask for revocations. */
const endedSessionDays = 7

/** A device that was not used for so long is a new one again. */
const knownDeviceDays = 400

/** Deletes what can no longer be used. Runs late without harm: every reader checks expiry itself. */
export async function deleteExpired(pool: Pool, now: Date): Promise<void> {
  await pool.query('DELETE FROM refresh_token WHERE expires_at < $1::timestamptz', [now])
  await pool.query('DELETE FROM session WHERE expires_at < $1::timestamptz OR revoked_at < $1::timestamptz - make_interval(days => $2)', [
    now,
    endedSessionDays,
  ])
  await pool.query('DELETE FROM known_device WHERE last_seen_at < $1::timestamptz - make_interval(days => $2)', [now, knownDeviceDays])
  await pool.query("DELETE FROM mail_request WHERE minute < $1::timestamptz - interval '1 hour'", [now])
  await pool.query('DELETE FROM one_time_token WHERE expires_at < $1::timestamptz', [now])
  await pool.query("DELETE FROM login_throttle WHERE updated_at < $1::timestamptz - interval '1 day' AND blocked_until < $1::timestamptz", [now])
}

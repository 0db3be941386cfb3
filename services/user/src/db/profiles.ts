import type { PoolClient } from 'pg'
import type { AddressStore, ProfileStore } from '../domain/ports.ts'
import type { Profile } from '../domain/profile.ts'

/** Profiles inside a transaction. */
export function createProfileStore(tx: PoolClient): ProfileStore {
  return {
    async lock(id) {
      // NO KEY: rows that refer to the profile may still be inserted by others meanwhile.
      const { rows } = await tx.query<Profile>(
        `SELECT id, display_name AS "displayName", name_edited AS "nameEdited", locale, time_zone AS "timeZone", plan_id AS "planId", status,
           version, created_at AS "createdAt" FROM profile WHERE id = $1 FOR NO KEY UPDATE`,
        [id],
      )
      return rows[0]
    },
    async insert({ id, displayName, nameDue, nameEdited, locale, timeZone, planId, status, version, accountVersion, createdAt }) {
      const { rows } = await tx.query<{ isNew: boolean }>(
        `INSERT INTO profile AS p (id, display_name, name_due, name_edited, locale, time_zone, plan_id, status, version, account_version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
         ON CONFLICT (id) DO UPDATE SET display_name = $2, name_due = false WHERE p.display_name = '' AND $2 <> ''
         RETURNING (xmax = 0) AS "isNew"`,
        [id, displayName, nameDue, nameEdited, locale, timeZone, planId, status, version, accountVersion, createdAt],
      )
      return rows[0]?.isNew ?? false
    },
    async save({ id, displayName, nameEdited, locale, timeZone, planId, status, version }, now) {
      await tx.query(
        `UPDATE profile SET display_name = $2, name_edited = $3, name_due = name_due AND NOT $3, locale = $4, time_zone = $5, plan_id = $6,
           status = $7, version = $8, updated_at = $9 WHERE id = $1`,
        [id, displayName, nameEdited, locale, timeZone, planId, status, version, now],
      )
    },
    async advance(id, accountVersion) {
      const { rowCount } = await tx.query('UPDATE profile SET account_version = $2 WHERE id = $1 AND account_version < $2', [id, accountVersion])
      return rowCount === 1
    },
    async knowsNewer(id, accountVersion) {
      const { rowCount } = await tx.query('SELECT FROM profile WHERE id = $1 AND account_version > $2', [id, accountVersion])
      return rowCount === 1
    },
    async markNameDue(id) {
      await tx.query('UPDATE profile SET name_due = true WHERE id = $1 AND NOT name_edited', [id])
    },
  }
}

/** Addresses inside a transaction. */
export function createAddressStore(tx: PoolClient): AddressStore {
  return {
    async insert(userId, { id, label, line1, line2, postalCode, city, countryCode }, now) {
      await tx.query(
        `INSERT INTO address (id, user_id, label, line1, line2, postal_code, city, country_code, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [id, userId, label, line1, line2, postalCode, city, countryCode, now],
      )
    },
    async count(userId) {
      const { rows } = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM address WHERE user_id = $1', [userId])
      return rows[0]!.count
    },
  }
}

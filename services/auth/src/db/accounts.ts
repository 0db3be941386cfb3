import type { PoolClient } from 'pg'
import type { Account, AccountStatus, RoleName } from '../domain/account.ts'
import type { AccountReader, AccountStore } from '../domain/ports.ts'
import type { Account as AccountModel, PrismaClient } from '../generated/prisma/client.ts'

const columns = `id, email, display_name AS "displayName", password_hash AS "passwordHash", status, roles, version,
  created_at AS "createdAt", verified_at AS "verifiedAt", deactivated_at AS "deactivatedAt", one_time_password AS "oneTimePassword"`

/** Accounts inside a transaction. */
export function createAccountStore(tx: PoolClient): AccountStore {
  const lock = async (condition: string, value: string) =>
    (await tx.query<Account>(`SELECT ${columns} FROM account WHERE ${condition} FOR UPDATE`, [value])).rows[0]
  return {
    lockById: (id) => lock('id = $1', id),
    lockByEmail: (email) => lock('email = $1', email),
    async insert(account) {
      const { rows } = await tx.query<Account>(
        `INSERT INTO account (id, email, display_name, password_hash, status, roles, version, created_at, verified_at, deactivated_at,
           one_time_password)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (email) DO NOTHING RETURNING ${columns}`,
        toValues(account),
      )
      return rows[0]
    },
    async save(account) {
      await tx.query(
        `UPDATE account SET email = $2, display_name = $3, password_hash = $4, status = $5, roles = $6, version = $7,
           created_at = $8, verified_at = $9, deactivated_at = $10, one_time_password = $11 WHERE id = $1`,
        toValues(account),
      )
    },
    async noteRolesChanged(id, version, at) {
      await tx.query('UPDATE account SET roles_version = $2, roles_changed_at = $3 WHERE id = $1', [id, version, at])
    },
    async isActiveAdmin(id) {
      const { rowCount } = await tx.query("SELECT FROM account WHERE id = $1 AND status = 'active' AND 'admin' = ANY (roles)", [id])
      return rowCount === 1
    },
    async countOtherAdmins(id) {
      // Whoever may shrink the set of admins comes one after the other; row locks alone would let two take the role from each other.
      await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('alcove.auth.admins', 0))")
      const { rows } = await tx.query<{ others: number }>(
        "SELECT count(*)::int AS others FROM account WHERE status = 'active' AND 'admin' = ANY (roles) AND id <> $1",
        [id],
      )
      return rows[0]!.others
    },
  }
}

function toValues(account: Account): unknown[] {
  const { id, email, displayName, passwordHash, status, roles, version, createdAt, verifiedAt, deactivatedAt, oneTimePassword } = account
  return [id, email, displayName, passwordHash, status, roles, version, createdAt, verifiedAt, deactivatedAt, oneTimePassword]
}

/** What lookups may ask for; newest first, ids being UUIDv7. */
export interface AccountQuery {
  readonly ids?: readonly string[]
  readonly emailContains?: string
  readonly beforeId?: string
  readonly limit: number
}

export interface AccountFinder extends AccountReader {
  list(query: AccountQuery): Promise<Account[]>
}

/** Accounts outside a transaction. */
export function createAccountFinder(prisma: PrismaClient): AccountFinder {
  return {
    findById: async (id) => toAccount(await prisma.account.findUnique({ where: { id } })),
    findByEmail: async (email) => toAccount(await prisma.account.findUnique({ where: { email } })),
    async list({ ids, emailContains, beforeId, limit }) {
      const found = await prisma.account.findMany({
        where: {
          id: { ...(ids && { in: [...ids] }), ...(beforeId && { lt: beforeId }) },
          ...(emailContains !== undefined && { email: { contains: escapeLike(emailContains.toLowerCase()) } }),
        },
        orderBy: { id: 'desc' },
        take: limit,
      })
      return found.map((row) => toAccount(row)!)
    },
  }
}

/** `contains` becomes LIKE, in which Prisma leaves the wildcards alive. */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}

function toAccount(row: AccountModel | null): Account | undefined {
  if (!row) return undefined
  const { rolesVersion: _version, rolesChangedAt: _at, ...account } = row
  return { ...account, status: row.status as AccountStatus, roles: row.roles as RoleName[], oneTimePassword: row.oneTimePassword as Account['oneTimePassword'] }
}

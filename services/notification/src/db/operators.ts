import type { Queryable } from '@alcove/database'

/** Keeps who is an operator. Somebody who never was one is not kept at all. False: a newer state is kept already. */
export async function keepOperator(tx: Queryable, account: { userId: string; version: number; roles: readonly string[]; status: string }): Promise<boolean> {
  const isActive = account.status === 'active' && account.roles.some((role) => role === 'operator' || role === 'admin')
  const { rowCount } = await tx.query(
    isActive
      ? `INSERT INTO operator (user_id, version, active) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, active = excluded.active WHERE operator.version < excluded.version`
      : 'UPDATE operator SET version = $2, active = $3 WHERE user_id = $1 AND version < $2',
    [account.userId, account.version, isActive],
  )
  return rowCount === 1 || (await tx.query('SELECT FROM operator WHERE user_id = $1 AND version >= $2', [account.userId, account.version])).rowCount === 0
}

export async function listOperatorIds(tx: Queryable): Promise<string[]> {
  const operators = await tx.query<{ user_id: string }>('SELECT user_id FROM operator WHERE active ORDER BY user_id LIMIT 1000')
  return operators.rows.map((row) => row.user_id)
}

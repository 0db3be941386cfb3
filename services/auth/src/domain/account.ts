export const roleNames = ['member', 'team-admin', 'operator', 'admin'] as const
export type RoleName = (typeof roleNames)[number]

export type AccountStatus = 'unverified' | 'active' | 'deactivated'

/** What a role adds to the ones before it. */
const addedPermissions: Record<RoleName, readonly string[]> = {
  member: ['profile.manage-own', 'spaces.read', 'bookings.manage-own', 'payments.read-own', 'wallets.read-own', 'notifications.read-own', 'teams.create'],
  'team-admin': ['teams.manage-own'],
  operator: [
    'locations.manage',
    'spaces.manage',
    'policies.manage',
    'prices.manage',
    'closures.manage',
    'bookings.manage-all',
    'payments.refund',
    'wallets.grant',
    'users.read',
    'teams.manage-all',
    'reports.read',
  ],
  admin: ['roles.manage', 'users.deactivate', 'audit.read', 'clock.move', 'services.read'],
}

export interface Account {
  readonly id: string
  /** Normalised: see `normaliseEmail`. */
  readonly email: string
  readonly displayName: string
  /** Null until the address is verified. */
  readonly passwordHash: string | null
  readonly status: AccountStatus
  readonly roles: readonly RoleName[]
  /** Raised by every event of the account. */
  readonly version: number
  readonly createdAt: Date
  readonly verifiedAt: Date | null
  readonly deactivatedAt: Date | null
  /** Of a password that somebody else chose: it opens one session, in which its person chooses another. Null: an ordinary one. */
  readonly oneTimePassword: 'unused' | 'used' | null
}

/** The form in which addresses are stored and compared. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase()
}

/** The names of everything a role may do, including what the roles below it may. */
export function listPermissions(role: RoleName): string[] {
  return roleNames.slice(0, roleNames.indexOf(role) + 1).flatMap((name) => addedPermissions[name])
}

export function isActiveAdmin(account: Account): boolean {
  return account.status === 'active' && account.roles.includes('admin')
}

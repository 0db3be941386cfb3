/** An installation that is given up shall not be vouched for much longer; RFC 9116 (2.5.5) wants less than a year. */
const validDays = 30

/**
 * The text of `/.well-known/security.txt` (RFC 9116): contacts in order of preference, valid for some 30 days from today on. It is
 * the same for all of a UTC day.
 */
export function renderSecurityTxt({ contacts, publicBaseUrl, now }: { contacts: readonly string[]; publicBaseUrl: string; now: Date }): string {
  const expires = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + validDays))
  return [
    ...contacts.map((contact) => `Contact: ${contact}`),
    `Expires: ${expires.toISOString().replace('.000Z', 'Z')}`,
    'Preferred-Languages: en, de',
    `Canonical: ${publicBaseUrl}/.well-known/security.txt`,
    '',
  ].join('\n')
}

/**
 * Addresses that mails point at: the gateway's pages, under the public base URL. Tokens stand in the fragment, which browsers send to nobody: no log, no proxy
 * and no `Referer` ever holds one. No page shows a booking yet, so no mail points at one.
 */
export interface Links {
  verifyEmail(token: string): string
  resetPassword(token: string): string
}

export function createLinks(publicBaseUrl: string): Links {
  const base = publicBaseUrl.replace(/\/+$/, '')
  return {
    verifyEmail: (token) => `${base}/verify-email#token=${encodeURIComponent(token)}`,
    resetPassword: (token) => `${base}/reset-password#token=${encodeURIComponent(token)}`,
  }
}

/** Addresses that mails point at, under the public base URL. The token travels in the fragment of neither: servers log queries, so pages must not. */
export interface Links {
  verifyEmail(token: string): string
  resetPassword(token: string): string
  booking(bookingId: string): string
}

export function createLinks(publicBaseUrl: string): Links {
  const base = publicBaseUrl.replace(/\/+$/, '')
  return {
    verifyEmail: (token) => `${base}/verify-email?token=${encodeURIComponent(token)}`,
    resetPassword: (token) => `${base}/reset-password?token=${encodeURIComponent(token)}`,
    booking: (bookingId) => `${base}/bookings/${encodeURIComponent(bookingId)}`,
  }
}

import { createTransport } from 'nodemailer'
import { CarrierError, type Carrier } from '../domain/carrier.ts'

/** Where a 5xx answer is about this recipient or this letter and not about us. */
const refusals = new Set(['RCPT TO', 'DATA'])

/**
 * Sends over a pooled SMTP connection. Only a 5xx answer to the recipient or the letter is final (RFC 5321, 4.2.1);
 * a refused login or a dead server concerns every letter and is waited out.
 */
export function createSmtpCarrier({ url, from }: { url: string; from: string }): Carrier {
  const transport = createTransport(
    {
      url,
      pool: true,
      maxConnections: 3,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  )
  return {
    async send(letter, messageId) {
      try {
        await transport.sendMail({ to: { name: '', address: letter.to }, subject: letter.subject, text: letter.text, html: letter.html, messageId })
      } catch (cause) {
        const { responseCode, code, command } = cause as { responseCode?: number; code?: string; command?: string }
        // Never sent: the address cannot stand in an envelope. Counted, so that it ends.
        if (command === 'API') throw cause
        const isFinal = responseCode !== undefined && responseCode >= 500 && command !== undefined && refusals.has(command)
        throw new CarrierError(`the SMTP server did not take a letter (${code ?? 'unknown'} ${responseCode ?? 'no answer'})`, { isFinal, cause })
      }
    },
    close: () => transport.close(),
  }
}

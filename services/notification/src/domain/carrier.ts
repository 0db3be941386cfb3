import type { Letter } from './message.ts'

/** Carries letters to people. Absent where no SMTP server is configured: then the mailbox keeps them. */
export interface Carrier {
  /** @throws {CarrierError} */
  send(letter: Letter, messageId: string): Promise<void>
  close(): void
}

/** `isFinal`: the server refused this letter or this recipient for good; otherwise it could not be asked or said "later". */
export class CarrierError extends Error {
  readonly isFinal: boolean
  constructor(message: string, options: { isFinal: boolean; cause: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'CarrierError'
    this.isFinal = options.isFinal
  }
}

/** The same for every try of one message, so that a mail program which gets it twice shows it once (RFC 5322, 3.6.4). */
export function toMessageId(message: { eventId: string; kind: string; userId: string }, from: string): string {
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'alcove.invalid'
  return `<${message.eventId}.${message.kind}.${message.userId}@${domain}>`
}

import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

/** The environment of this service, on top of what every service understands. */
export const configSchema = Type.Object({
  ...baseConfigSchema,
  /** Where people reach Alcove, for the links in mails: `https://alcove.example.org`. */
  PUBLIC_BASE_URL: Type.String({ format: 'uri', pattern: '^https?://', default: 'http://localhost:4000' }),
  /** `smtp://user:password@mail.example.org:587`; empty: mails stay in the mailbox (`GET /dev/mailbox`). */
  SMTP_URL: Type.String({ pattern: '^(smtps?://.+)?$', default: '' }),
  /** Sender of every mail: `Alcove <no-reply@example.org>`. */
  MAIL_FROM: Type.String({ minLength: 3, maxLength: 254, pattern: '@', default: 'Alcove <no-reply@alcove.test>' }),
  /** How many minutes before its start a confirmed booking is reminded of. */
  REMINDER_LEAD_MINUTES: Type.Integer({ minimum: 1, maximum: 10_080, default: 60 }),
})

import type { TransportConfig } from '@alcove/events'

/** How many people have their profiles changed in turn: so few that a transaction has several events of each, or so many that it has not. */
export const people = { few: 500, many: 20_000 } as const

export type TransportEnv = TransportConfig

const print = (...parts: unknown[]): void => console.error(...parts)
export const log = { warn: print, error: print }

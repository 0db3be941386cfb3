import { RESP_TYPES } from '@redis/client'
import type { AnswerOwner, KeptAnswer, SharedAnswers } from '../stale-answers.ts'
import type { Redis } from './redis.ts'

const answerKey = (key: string) => `alcove:answer:${key}`
const wroteKey = ({ userId, service }: AnswerOwner) => `alcove:wrote:${service}:${userId}`
const bytesAsBuffers = { [RESP_TYPES.BLOB_STRING]: Buffer } as const

/** Kept answers in Redis, each for as long as it may be given. Whether a write or a removal arrives is nobody's concern: this is a memory for hard times. */
export function createSharedAnswers(redis: Redis, ageMaxMs: number): SharedAnswers {
  const expiration = { type: 'PX', value: ageMaxMs } as const
  return {
    async find(key, owner) {
      const keys = [answerKey(key), ...(owner ? [wroteKey(owner)] : [])]
      const found = await redis.run((connection) => connection.withTypeMapping(bytesAsBuffers).mGet(keys))
      const [answer, wrote] = (found ?? []) as (Buffer | null | undefined)[]
      return { answer: answer ? decode(answer) : undefined, wroteAtMs: wrote ? Number(wrote.toString()) : Number.NEGATIVE_INFINITY }
    },
    keep: (key, answer) => void redis.run((connection) => connection.set(answerKey(key), encode(answer), { expiration })),
    drop: (key) => void redis.run((connection) => connection.del(answerKey(key))),
    noteWrite: (owner, atMs) => void redis.run((connection) => connection.set(wroteKey(owner), String(atMs), { expiration })),
  }
}

/** One line of JSON, then the body as it is. */
function encode({ requestedAtMs, headers, body }: KeptAnswer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ requestedAtMs, headers })}\n`), body])
}

function decode(bytes: Buffer): KeptAnswer | undefined {
  const end = bytes.indexOf('\n')
  try {
    const { requestedAtMs, headers } = JSON.parse(bytes.subarray(0, end).toString()) as KeptAnswer
    return typeof requestedAtMs === 'number' ? { requestedAtMs, headers, body: bytes.subarray(end + 1) } : undefined
  } catch {
    return undefined
  }
}

import type { Readable } from 'node:stream'

/** A piece of a backup: what it says of itself, or rows of the table that was named last, in COPY's own text. */
export type Frame = { readonly json: unknown } | { readonly rows: Buffer }

const HEAD_BYTES = 5
const JSON_TYPE = 0x4a
const ROWS_TYPE = 0x44

/** One byte of type and four of length go before each piece, so rows may hold anything. */
export function toFrame(frame: Frame): Buffer {
  const body = 'json' in frame ? Buffer.from(JSON.stringify(frame.json)) : frame.rows
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8('json' in frame ? JSON_TYPE : ROWS_TYPE)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/** Throws where the stream ends within a frame, or holds something else. */
export async function* readFrames(source: Readable): AsyncGenerator<Frame, void> {
  let left = Buffer.alloc(0)
  for await (const chunk of source) {
    left = Buffer.concat([left, chunk as Buffer])
    while (left.length >= HEAD_BYTES && left.length >= HEAD_BYTES + left.readUInt32BE(1)) {
      const end = HEAD_BYTES + left.readUInt32BE(1)
      const body = left.subarray(HEAD_BYTES, end)
      if (left[0] !== JSON_TYPE && left[0] !== ROWS_TYPE) throw new Error('this is not a backup of Alcove')
      yield left[0] === JSON_TYPE ? { json: JSON.parse(body.toString()) as unknown } : { rows: body }
      left = left.subarray(end)
    }
  }
  if (left.length > 0) throw new Error('the backup is cut off')
}

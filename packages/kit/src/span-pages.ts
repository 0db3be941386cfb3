/** Bytes of one request to a receiver, some 400 spans; a span that is larger gets a page of its own. */
const pageBytes = 256 << 10
/** A UTF-16 code unit becomes at most three bytes of UTF-8. */
const bytesPerUnit = 3

/** Spans that wait to be sent, as the text of one request: what lies around them is written once, before and after them. */
export interface SpanPage {
  readonly spans: number
  /** The whole request. The page takes no more spans after it. */
  seal(): Uint8Array
}

interface OpenPage extends SpanPage {
  /** Whether the span had room and is written. */
  write(span: string): boolean
}

function openPage(head: Buffer, tail: Buffer, textBytes: number): OpenPage {
  // Outside the heap: spans wait for seconds, and in a small young generation each would be copied and copied again (decision 16).
  const bytes = Buffer.allocUnsafeSlow(Math.max(pageBytes, head.length + textBytes + tail.length))
  let used = head.copy(bytes)
  let spans = 0
  return {
    get spans() {
      return spans
    },
    write(span) {
      if (used + 1 + span.length * bytesPerUnit + tail.length > bytes.length) return false
      if (spans > 0) bytes[used++] = 0x2c
      used += bytes.write(span, used)
      spans += 1
      return true
    },
    seal: () => bytes.subarray(0, used + tail.copy(bytes, used)),
  }
}

export interface SpanPages {
  /** Adds a span as JSON. */
  add(span: string): void
  /** What is to be sent next; its spans are no longer waiting. */
  take(): SpanPage | undefined
  /** Spans that found no place since the last call. */
  takeDropped(): number
}

/**
 * Spans on their way out, `limit` pages at most: what is more is dropped and counted, for nothing may wait for a receiver of traces.
 * @param around the text of a request before its spans, separated by commas, and after them
 * @param onFull called when a page has no more room and may be taken
 */
export function createSpanPages(around: readonly [head: string, tail: string], limit: number, onFull: () => void): SpanPages {
  const [head, tail] = [Buffer.from(around[0]), Buffer.from(around[1])]
  const full: SpanPage[] = []
  let open: OpenPage | undefined
  let dropped = 0
  return {
    add(span) {
      if (open?.write(span)) return
      if (open) {
        full.push(open)
        open = undefined
        onFull()
      }
      if (full.length >= limit) {
        dropped += 1
        return
      }
      open = openPage(head, tail, 1 + span.length * bytesPerUnit)
      open.write(span)
    },
    take() {
      const next = full.shift() ?? open
      if (next === open) open = undefined
      return next
    },
    takeDropped() {
      const count = dropped
      dropped = 0
      return count
    },
  }
}

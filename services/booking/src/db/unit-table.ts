/** Finds a unit by the 16 bytes of its id, thousands of times a request: without a string for each. */
export interface UnitTable {
  /** The place among the given units of the one whose id stands at `offset`, or -1. */
  find(bytes: Buffer, offset: number): number
  /** By place: the first place of the same unit, its own unless a unit was given twice. */
  readonly firstPlaces: Int32Array
}

const wordsOfId = 4

/** Open addressing; the last word of a UUIDv7 is random and serves as its hash. */
export function createUnitTable(unitIds: readonly string[]): UnitTable {
  const words = new Int32Array(unitIds.length * wordsOfId)
  const mask = 2 ** Math.ceil(Math.log2(unitIds.length * 2 + 1)) - 1
  const places = new Int32Array(mask + 1).fill(-1)
  const firstPlaces = new Int32Array(unitIds.length)
  const isAt = (place: number, other: Int32Array, from: number): boolean => {
    for (let word = 0; word < wordsOfId; word++) if (words[place * wordsOfId + word] !== other[from + word]) return false
    return true
  }
  /** The slot that holds the unit, or the free one where it would be. */
  const findSlot = (id: Int32Array, from: number): number => {
    let slot = id[from + 3]! & mask
    while (places[slot] !== -1 && !isAt(places[slot]!, id, from)) slot = (slot + 1) & mask
    return slot
  }
  for (let place = 0; place < unitIds.length; place++) {
    readWords(unitIds[place]!, words, place * wordsOfId)
    const slot = findSlot(words, place * wordsOfId)
    if (places[slot] === -1) places[slot] = place
    firstPlaces[place] = places[slot]!
  }
  const wanted = new Int32Array(wordsOfId)
  return {
    firstPlaces,
    find(bytes, offset) {
      for (let word = 0; word < wordsOfId; word++) wanted[word] = bytes.readInt32BE(offset + word * 4)
      return places[findSlot(wanted, 0)]!
    },
  }
}

const dash = 0x2d
const nine = 0x39

/** The id as four numbers: its hexadecimal digits in lower case, dashes left out. */
function readWords(id: string, words: Int32Array, from: number): void {
  let digits = 0
  let word = 0
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    if (code === dash) continue
    word = (word << 4) | (code <= nine ? code - 0x30 : code - 0x57)
    digits += 1
    if (digits % 8 === 0) words[from + digits / 8 - 1] = word
  }
}

// Crockford's base 32: no I, L, O, U, so that it can be read out.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Characters after `ALC-`, and bytes that make them. */
export const referenceLength = 6

/** `ALC-7Q2M4K` from random bytes; 256 is a multiple of 32, so every character is equally likely. */
export function toReference(bytes: Uint8Array): string {
  let text = 'ALC-'
  for (let index = 0; index < referenceLength; index++) text += alphabet[bytes[index]! % 32]
  return text
}

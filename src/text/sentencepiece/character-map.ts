/**
 * The characters that a SentencePiece model replaces before it looks for pieces, such as Unicode's NFKC: a double-array
 * trie (darts-clone) over UTF-8, and the replacements that its values point at.
 *
 * Layout (normalizer.cc of SentencePiece): the trie's size in bytes as uint32, the trie's units as uint32, both
 * little-endian, then the replacements, each ended by a zero byte.
 */
import { UserError } from "../../base/user-error.ts"

export interface CharacterMap {
  /**
   * The longest rule that the bytes from `start` on begin with.
   *
   * @returns how many bytes it replaces, and by what; undefined when there is none
   */
  readonly match: (
    bytes: Uint8Array,
    start: number
  ) => { readonly length: number; readonly replacement: Uint8Array } | undefined
}

/** @throws UserError when the bytes are no such map */
export const decodeCharacterMap = (bytes: Uint8Array): CharacterMap => {
  if (bytes.byteLength === 0) return { match: () => undefined }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const trieBytes = bytes.byteLength < 4 ? 0 : view.getUint32(0, true)
  if (trieBytes === 0 || trieBytes % 4 !== 0 || 4 + trieBytes >= bytes.byteLength) {
    throw unsound("its trie does not fit into it")
  }
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, index) =>
    view.getUint32(4 + 4 * index, true)
  )
  const replacements = bytes.subarray(4 + trieBytes)
  const unitAt = (index: number): number => {
    const unit = units[index]
    if (unit === undefined) throw unsound("its trie points out of itself")
    return unit
  }
  const replacementAt = (offset: number): Uint8Array => {
    const end = replacements.indexOf(0, offset)
    if (end < 0) throw unsound("a replacement does not end")
    return replacements.subarray(offset, end)
  }
  return {
    match: (text, start) => {
      let length = 0
      let value = 0
      let node = offsetOf(unitAt(0))
      for (let at = start; at < text.length; at++) {
        const byte = text[at]!
        node ^= byte
        // A unit that no key leads through may lie outside: no key goes on here.
        const unit = units[node]
        if (unit === undefined || labelOf(unit) !== byte) break
        node ^= offsetOf(unit)
        if (hasLeaf(unit)) {
          length = at + 1 - start
          value = unitAt(node) & 0x7fffffff
        }
      }
      return length === 0 ? undefined : { length, replacement: replacementAt(value) }
    }
  }
}

/** A unit's bits, as darts.h of darts-clone lays them out; a leaf's label has the highest bit and fits no byte. */
const labelOf = (unit: number): number => (unit & 0x800000ff) >>> 0
const hasLeaf = (unit: number): boolean => ((unit >>> 8) & 1) === 1
const offsetOf = (unit: number): number => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0

const unsound = (problem: string): UserError =>
  new UserError(`the SentencePiece model's character map is damaged: ${problem}`, { exitCode: 1 })

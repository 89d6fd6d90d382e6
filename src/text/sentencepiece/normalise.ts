/**
 * The text that pieces are looked for in: characters replaced by the model's map, runs of spaces made one, ▁ for each
 * space and before the first word. `Normalizer::Normalize` of SentencePiece, step by step, since ids depend on it.
 */
import type { CharacterMap } from "./character-map.ts"
import { type NormaliserSpec, spaceSymbol } from "./model.ts"
import type { PieceTrie } from "./piece-trie.ts"
import { characterBytes } from "./utf8.ts"

const space = 0x20
const spaceSymbolBytes = Buffer.from(spaceSymbol, "utf8")

export interface NormaliserSettings extends Omit<NormaliserSpec, "characterMap"> {
  readonly map: CharacterMap
  /** Of the pieces that users have defined: their text is left as it is. */
  readonly verbatim: PieceTrie
  readonly spaceAsSuffix: boolean
}

/**
 * @param text any string; halves of surrogate pairs become U+FFFD
 * @returns UTF-8
 */
export const normalise = (text: string, settings: NormaliserSettings): Uint8Array => {
  const { addDummyPrefix, escapeSpaces, removeExtraSpaces, spaceAsSuffix } = settings
  const input = Buffer.from(text, "utf8")
  const spaceBytes = escapeSpaces ? spaceSymbolBytes : Uint8Array.of(space)
  let at = 0
  if (removeExtraSpaces) {
    while (at < input.length) {
      const { length, replacement } = nextCharacter(input, at, settings)
      if (replacement.length !== 1 || replacement[0] !== space) break
      at += length
    }
  }
  if (at === input.length) return new Uint8Array()
  const output: Array<number> = []
  if (!spaceAsSuffix && addDummyPrefix) output.push(...spaceBytes)
  let afterSpace = removeExtraSpaces
  while (at < input.length) {
    const { length, replacement } = nextCharacter(input, at, settings)
    at += length
    let from = 0
    if (afterSpace) while (replacement[from] === space) from++
    const rest = replacement.subarray(from)
    for (const byte of rest) {
      if (byte === space) output.push(...spaceBytes)
      else output.push(byte)
    }
    if (rest.length > 0) afterSpace = rest.at(-1) === space
    if (!removeExtraSpaces) afterSpace = false
  }
  if (removeExtraSpaces) while (endsWith(output, spaceBytes)) output.length -= spaceBytes.length
  if (spaceAsSuffix && addDummyPrefix) output.push(...spaceBytes)
  return Uint8Array.from(output)
}

/** How many bytes come next that are replaced together, and what they become. */
const nextCharacter = (
  input: Uint8Array,
  at: number,
  { map, verbatim }: NormaliserSettings
): { readonly length: number; readonly replacement: Uint8Array } => {
  let whole = 0
  verbatim.eachPrefix(input, at, (_, end) => (whole = end - at))
  const rule = whole > 0 ? undefined : map.match(input, at)
  if (rule !== undefined) return rule
  const length = whole > 0 ? whole : characterBytes(input[at]!)
  return { length, replacement: input.subarray(at, at + length) }
}

const endsWith = (bytes: ReadonlyArray<number>, ending: Uint8Array): boolean =>
  bytes.length >= ending.length &&
  ending.every((byte, index) => bytes[bytes.length - ending.length + index] === byte)

/** What a SentencePiece model file holds, as far as encoding and decoding need it. */

/**
 * `normal` pieces are looked for in the text; `userDefined` ones are taken wherever they occur; `unused` ones never; the
 * others stand for no text (`control`), for text that no piece covers (`unknown`), or for one byte of such text (`byte`).
 */
export type PieceKind = "normal" | "unknown" | "control" | "userDefined" | "unused" | "byte"

export interface Piece {
  /** With U+2581 (▁) for a space. */
  readonly text: string
  /** Logarithm of its probability; float32. */
  readonly score: number
  readonly kind: PieceKind
}

export interface SentencePieceModel {
  /** A piece's id is its index. */
  readonly pieces: ReadonlyArray<Piece>
  readonly unknownId: number
  /** Undefined where the model has none. */
  readonly endId: number | undefined
  readonly padId: number | undefined
  /** Text that no piece covers becomes pieces for its bytes in place of the unknown piece. */
  readonly byteFallback: boolean
  /** A word's ▁ stands behind it in place of before it. */
  readonly spaceAsSuffix: boolean
  /** What decoding puts in place of the unknown piece. */
  readonly unknownSurface: string
  readonly normaliser: NormaliserSpec
}

export interface NormaliserSpec {
  /** Which characters become which: a trie and the replacements, see `character-map.ts`; empty for none. */
  readonly characterMap: Uint8Array
  readonly addDummyPrefix: boolean
  readonly removeExtraSpaces: boolean
  readonly escapeSpaces: boolean
}

/** ▁, which stands for a space in pieces. */
export const spaceSymbol = "\u2581"

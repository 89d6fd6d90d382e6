/**
 * SentencePiece's unigram tokenizer: text to ids of pieces and back, with the same ids as the reference library
 * (https://github.com/google/sentencepiece). It holds no tensor and reads no file but the model's.
 */
import { decodeCharacterMap } from "./character-map.ts"
import { type SentencePieceModel, spaceSymbol } from "./model.ts"
import { normalise, type NormaliserSettings } from "./normalise.ts"
import { pieceTrie } from "./piece-trie.ts"
import { readSentencePieceModel } from "./read-model.ts"
import { segment, type UnigramModel } from "./segment.ts"
import { characterBytes } from "./utf8.ts"

export interface SentencePieceTokenizer {
  /** How many pieces there are; ids are below it. */
  readonly size: number
  readonly unknownId: number
  /** Of `</s>`; undefined where the model has none. */
  readonly endId: number | undefined
  /** Of `<pad>`; undefined where the model has none. */
  readonly padId: number | undefined
  /** Without marks at the beginning or the end. */
  readonly encode: (text: string) => ReadonlyArray<number>
  /** @throws RangeError when there is no such id */
  readonly decode: (ids: ReadonlyArray<number>) => string
}

/** @throws UserError when the file cannot be read, or is no sound unigram model */
export const openTokenizer = (path: string): SentencePieceTokenizer =>
  sentencePieceTokenizer(readSentencePieceModel(path))

export const sentencePieceTokenizer = (model: SentencePieceModel): SentencePieceTokenizer => {
  const unigram = unigramOf(model)
  const settings = normaliserOf(model)
  const byteIds = new Map(
    model.pieces.flatMap(({ kind, text }, id) => (kind === "byte" ? [[text, id] as const] : []))
  )
  const encode = (text: string): ReadonlyArray<number> => {
    const normalised = normalise(text, settings)
    const ids: Array<number> = []
    let afterUnknown = false
    for (const { end, id, start } of segment(normalised, unigram)) {
      const isUnknown = id === model.unknownId
      if (isUnknown && model.byteFallback) {
        for (const byte of normalised.subarray(start, end)) ids.push(byteIds.get(byteText(byte))!)
      } else if (!(isUnknown && afterUnknown)) ids.push(id)
      // Unknown characters in a row are one piece.
      afterUnknown = isUnknown
    }
    return ids
  }
  return {
    size: model.pieces.length,
    unknownId: model.unknownId,
    endId: model.endId,
    padId: model.padId,
    encode,
    decode: (ids) => decode(ids, model)
  }
}

/** The text of a byte's piece. */
const byteText = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`

const unigramOf = ({ pieces, unknownId }: SentencePieceModel): UnigramModel => {
  const scores = pieces.flatMap(({ kind, score }) => (kind === "normal" ? [score] : []))
  const inText = new Set(["normal", "userDefined", "unused"])
  return {
    pieces,
    unknownId,
    trie: pieceTrie(
      pieces.flatMap(({ kind, text }, id) =>
        inText.has(kind) ? [[Buffer.from(text, "utf8"), id] as const] : []
      )
    ),
    lowestScore: scores.reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY),
    highestScore: scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY)
  }
}

const normaliserOf = ({
  normaliser,
  pieces,
  spaceAsSuffix
}: SentencePieceModel): NormaliserSettings => ({
  ...normaliser,
  map: decodeCharacterMap(normaliser.characterMap),
  verbatim: pieceTrie(
    pieces.flatMap(({ kind, text }, id) =>
      kind === "userDefined" ? [[Buffer.from(text, "utf8"), id] as const] : []
    )
  ),
  spaceAsSuffix
})

/** `SentencePieceProcessor::Decode`: bytes joined to characters, ▁ to spaces, without the one that encoding has added. */
const decode = (ids: ReadonlyArray<number>, model: SentencePieceModel): string => {
  const { addDummyPrefix, removeExtraSpaces } = model.normaliser
  let text = ""
  let bytes: Array<number> = []
  let dropped = false
  const flush = () => {
    text += textOfBytes(bytes)
    bytes = []
  }
  for (const id of ids) {
    const piece = model.pieces[id]
    if (piece === undefined) throw new RangeError(`there is no piece ${id}`)
    if (piece.kind === "byte") {
      bytes.push(Number.parseInt(piece.text.slice(3, 5), 16))
      continue
    }
    flush()
    if (piece.kind === "control") continue
    if (piece.kind === "unknown") {
      text += model.unknownSurface
      continue
    }
    const drops: boolean =
      text === "" &&
      !dropped &&
      (addDummyPrefix || removeExtraSpaces) &&
      piece.text.startsWith(spaceSymbol)
    // Where spaces are not made one, those after the first are the text's own.
    dropped ||= drops && !removeExtraSpaces
    text += (drops ? piece.text.slice(1) : piece.text).replaceAll(spaceSymbol, " ")
  }
  flush()
  return text
}

/** As the reference does: one U+FFFD for each byte that begins no character. */
const textOfBytes = (bytes: ReadonlyArray<number>): string => {
  const buffer = Buffer.from(bytes)
  let text = ""
  for (let at = 0; at < buffer.length;) {
    const whole = buffer.subarray(at, at + characterBytes(buffer[at]!))
    const character = whole.toString("utf8")
    // Only a valid character has its bytes back.
    const isValid = whole.equals(Buffer.from(character, "utf8"))
    text += isValid ? character : "\uFFFD"
    at += isValid ? whole.length : 1
  }
  return text
}

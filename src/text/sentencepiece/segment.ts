/**
 * The most probable way to cut a text into pieces: Viterbi's algorithm over a unigram model (Kudo 2018, arXiv:1804.10959,
 * section 3.2), in the order and the precision of SentencePiece's `unigram::Model::EncodeOptimized`, so that ties and
 * rounding fall as they do there.
 */
import type { Piece } from "./model.ts"
import type { PieceTrie } from "./piece-trie.ts"
import { characterBytes } from "./utf8.ts"

export interface Segment {
  /** Of the unknown piece where no other covers the character. */
  readonly id: number
  /** Bytes of the text. */
  readonly start: number
  readonly end: number
}

export interface UnigramModel {
  readonly pieces: ReadonlyArray<Piece>
  readonly trie: PieceTrie
  readonly unknownId: number
  /** Of all normal pieces. */
  readonly lowestScore: number
  readonly highestScore: number
}

/** How much less probable the unknown piece is than the least probable one. */
const unknownPenalty = 10

/** @param text normalised, UTF-8 */
export const segment = (text: Uint8Array, model: UnigramModel): ReadonlyArray<Segment> => {
  const { highestScore, lowestScore, pieces, trie, unknownId } = model
  const unknownScore = Math.fround(lowestScore - unknownPenalty)
  /** Of the best way to the place behind each byte. Scores are float32, as in the reference. */
  const scores = new Float32Array(text.length + 1)
  const starts = new Int32Array(text.length + 1).fill(-1)
  const ids = new Int32Array(text.length + 1)
  const offer = (id: number, start: number, end: number, score: number) => {
    if (starts[end] !== -1 && score <= scores[end]!) return
    scores[end] = score
    starts[end] = start
    ids[end] = id
  }
  for (let start = 0; start < text.length;) {
    const before = scores[start]!
    const next = Math.min(start + characterBytes(text[start]!), text.length)
    let covered = false
    trie.eachPrefix(text, start, (id, end) => {
      const { kind, score } = pieces[id]!
      if (kind === "unused") return
      // Always better than what it is made of; the reference adds this in double precision.
      if (kind === "userDefined") {
        offer(id, start, end, Math.fround((end - start) * highestScore) - 0.1 + before)
      } else offer(id, start, end, Math.fround(score + before))
      covered ||= end === next
    })
    if (!covered) offer(unknownId, start, next, Math.fround(unknownScore + before))
    start = next
  }
  const segments: Array<Segment> = []
  for (let end = text.length; end > 0;) {
    const start = starts[end]!
    segments.push({ id: ids[end]!, start, end })
    end = start
  }
  return segments.toReversed()
}

/** Prompts as T5 reads them: ids of equal number, ended, padded, and which of them count. */
import { UserError } from "../base/user-error.ts"
import type { SentencePieceTokenizer } from "./sentencepiece/tokenizer.ts"

export interface TokenizedPrompts {
  /** `[N, length]`, row-major. */
  readonly inputIds: Int32Array
  /** `[N, length]`: 1 for a prompt's tokens and its end, 0 for padding. */
  readonly attentionMask: Int32Array
  /** Indices of prompts that were too long and have lost their end. */
  readonly truncated: ReadonlyArray<number>
}

/** Tokens that IF's text encoder is given: `tokenizer.model_max_length` of its pipelines. */
export const promptLength = 77

/**
 * Each prompt's ids, `</s>` behind them, then padding. A prompt that is too long is cut so that `</s>` is last.
 *
 * As `T5Tokenizer` of transformers with padding="max_length", truncation=True. Prompts are taken as they are: see
 * `preparePrompt`.
 *
 * @param length tokens of each row, at least 1
 * @throws UserError when a prompt holds one of T5's own marks, or the model has no mark for the end or for padding
 */
export const tokenizeT5 = (
  tokenizer: SentencePieceTokenizer,
  prompts: ReadonlyArray<string>,
  length = promptLength
): TokenizedPrompts => {
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(`a prompt needs room for at least one token, not ${length}`)
  }
  const { endId, padId } = tokenizer
  if (endId === undefined || padId === undefined) {
    throw new UserError(
      `the tokenizer's model has no ${endId === undefined ? "mark for the end of a text" : "mark for padding"}, which T5 needs`,
      { exitCode: 1, hint: "take spiece.model of a T5 model" }
    )
  }
  const inputIds = new Int32Array(prompts.length * length).fill(padId)
  const attentionMask = new Int32Array(prompts.length * length)
  const truncated: Array<number> = []
  for (const [row, prompt] of prompts.entries()) {
    refuseMarks(prompt)
    const ids = tokenizer.encode(prompt)
    if (ids.length > length - 1) truncated.push(row)
    const kept = [...ids.slice(0, length - 1), endId]
    inputIds.set(kept, row * length)
    attentionMask.fill(1, row * length, row * length + kept.length)
  }
  return { inputIds, attentionMask, truncated }
}

/** Transformers makes these words of a text into T5's marks. Nobody means that, and as text they would get other ids. */
const refuseMarks = (prompt: string): void => {
  const [mark] = /<\/s>|<pad>|<unk>|<extra_id_\d{1,2}>/.exec(prompt) ?? []
  if (mark === undefined) return
  throw new UserError(`the prompt ${JSON.stringify(prompt)} holds ${mark}, a mark of T5's own`, {
    hint: "leave it out; the end of a prompt is marked by itself"
  })
}

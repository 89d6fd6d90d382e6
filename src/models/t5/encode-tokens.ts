/** Texts' states by a T5 encoder, whatever number of texts there are. */
import { setImmediate } from "node:timers/promises"
import { compute, type LoopContext } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import type { LoadedT5Encoder } from "./load.ts"

/**
 * Texts in one pass. The last pass has as many, some of them a second time: so a text's states do not depend on which others there
 * are, and a pass is one program.
 */
const together = 4

export interface Tokens {
  /** `[N,L]`, row-major. */
  readonly inputIds: Int32Array
  /** `[N,L]`, 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array
}

/**
 * @param length L
 * @returns `last_hidden_state`, row-major `[N,L,E]`
 * @throws the signal's reason when the user stops it
 */
export const encodeTokens = async (
  { config, forward, state }: LoadedT5Encoder,
  { attentionMask, inputIds }: Tokens,
  length: number,
  { progress, signal }: LoopContext
): Promise<Float32Array> => {
  const count = inputIds.length / length
  const size = length * config.width
  const states = new Float32Array(count * size)
  for (let first = 0; first < count; first += together) {
    signal.throwIfAborted()
    const rows = Array.from({ length: together }, (_, at) => Math.min(first + at, count - 1))
    const tensor = (values: Int32Array) =>
      tf.tensor2d(chosen(values, rows, length), [together, length], "int32")
    const encoded = compute(() => forward(state, tensor(inputIds), tensor(attentionMask)))
    const wanted = Math.min(together, count - first)
    states.set(encoded.subarray(0, wanted * size), first * size)
    progress(first + wanted, count, "prompts")
    await setImmediate()
  }
  return states
}

const chosen = (values: Int32Array, rows: ReadonlyArray<number>, length: number): Int32Array => {
  const all = new Int32Array(rows.length * length)
  for (const [place, row] of rows.entries()) {
    all.set(values.subarray(row * length, (row + 1) * length), place * length)
  }
  return all
}

/** The same program on tfjs's own cpu kernels, the oracle, and on the onnx engine. */
import { assert } from "vitest"
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "#src/engine/tf.ts"
import { type TensorFlow, tfjs } from "#src/engine/tfjs.ts"

export interface Result {
  readonly shape: ReadonlyArray<number>
  readonly dtype: string
  readonly values: ReadonlyArray<number>
}

/** Using it makes the onnx engine known to the library. */
tf.scalar(0).dispose()
export const library: TensorFlow = tfjs()
const backendName = "onnx"

type Body = () => Tensor | ReadonlyArray<Tensor>

/** What `body` computes on a backend, with all its tensors freed. */
export const runOn = (backend: string, body: Body): ReadonlyArray<Result> => {
  void library.setBackend(backend)
  const before = library.memory().numTensors
  const results: Array<Result> = []
  library.tidy(() => {
    const made = body()
    for (const tensor of Array.isArray(made) ? (made as ReadonlyArray<Tensor>) : [made as Tensor]) {
      results.push({
        shape: tensor.shape,
        dtype: tensor.dtype,
        values: Array.from(tensor.dataSync() as Float32Array)
      })
    }
  })
  assert.strictEqual(library.memory().numTensors, before, `tensors left on ${backend}`)
  return results
}

/**
 * Asserts that both backends give the same shapes, types and values: each within `tolerance` times the largest magnitude
 * of its tensor (at least 1).
 */
export const assertSameOnBoth = (body: Body, tolerance = 1e-5): void => {
  const expected = runOn("cpu", body)
  const actual = runOn(backendName, body)
  assert.strictEqual(actual.length, expected.length, "number of results")
  for (const [index, want] of expected.entries()) {
    const got = actual[index]!
    assert.deepStrictEqual(got.shape, want.shape, `shape of result ${index}`)
    assert.strictEqual(got.dtype, want.dtype, `type of result ${index}`)
    const scale = want.values.reduce(
      (largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest),
      1
    )
    for (const [at, value] of want.values.entries()) {
      const other = got.values[at]!
      const same =
        Object.is(value, other) || value === other || Math.abs(value - other) <= tolerance * scale
      if (!same) assert.fail(`result ${index}, element ${at}: cpu ${value}, onnx ${other}`)
    }
  }
}

/** Numbers in [-1, 1), fixed by the seed (a linear congruential generator). */
export const numbers = (size: number, seed: number): Float32Array => {
  let state = (seed * 2654435761 + 12345) >>> 0
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** A float32 tensor of such numbers. */
export const random = (shape: ReadonlyArray<number>, seed: number): Tensor =>
  library.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed
    ),
    [...shape]
  )

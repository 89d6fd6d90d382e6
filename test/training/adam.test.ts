/** Adam against PyTorch's, in float64 (test/parity/unet_reference.py). */
import { assert, describe, it } from "vitest"
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import { adamUpdate, zeroMoments } from "../../src/training/adam.ts"
import { assertAllNear, readReference } from "../models/reference.ts"

const reference = readReference("adam")
const rates = [1e-2, 5e-3, 2e-3]

const train = (options: { readonly weightDecay?: number }) => {
  let parameters: Readonly<Record<string, Tensor>> = reference.below("start")
  let moments = zeroMoments(parameters)
  for (const [i, rate] of rates.entries()) {
    const gradients = reference.below(`gradient${i}`)
    const [step, learningRate] = [tf.scalar(i + 1), tf.scalar(rate)]
    const updated = adamUpdate({ parameters, gradients, ...moments, step, learningRate, options })
    ;({ parameters } = updated)
    moments = { m: updated.m, v: updated.v }
  }
  return parameters
}

/** The part by which training moved the parameters, so that the tolerance is one of the steps. */
const moved = (parameters: Readonly<Record<string, Tensor>>) => {
  const start = reference.below("start")
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [name, tf.sub(tensor, start[name]!)])
  )
}

describe("Adam", () => {
  // Steps of 1e-2 are differences of parameters near 1, known to 6e-8 each.
  it("makes PyTorch's steps, the first ones too", () => {
    assertAllNear(moved(train({})), moved(reference.below("adam")), 3e-5)
  })
  it("makes AdamW's steps with weight decay", () => {
    assertAllNear(moved(train({ weightDecay: 0.1 })), moved(reference.below("adamw")), 3e-5)
  })
  it("moves by the learning rate at first, whatever the size of the gradient", () => {
    const parameters = { a: tf.zeros([3]) }
    const { m, v } = zeroMoments(parameters)
    const { parameters: updated } = adamUpdate({
      parameters,
      gradients: { a: tf.tensor1d([1e-3, -1, 1e3]) },
      m,
      v,
      step: tf.scalar(1),
      learningRate: tf.scalar(0.5)
    })
    const expected = [-0.5, 0.5, -0.5]
    // eps is 1e-5 of the smallest gradient; else float32 rounding.
    for (const [i, value] of updated["a"]!.dataSync().entries()) {
      assert.closeTo(value, expected[i]!, i === 0 ? 6e-6 : 5e-7)
    }
  })
  it("stays where it is without gradients", () => {
    const parameters = { a: tf.tensor1d([1, 2]) }
    const { m, v } = zeroMoments(parameters)
    const { parameters: updated } = adamUpdate({
      parameters,
      gradients: { a: tf.zeros([2]) },
      m,
      v,
      step: tf.scalar(1),
      learningRate: tf.scalar(0.5)
    })
    assert.deepStrictEqual([...updated["a"]!.dataSync()], [1, 2])
  })
  it("refuses a gradient that is missing or of another shape", () => {
    const parameters = { a: tf.zeros([2, 3]) }
    const given = { ...zeroMoments(parameters), step: tf.scalar(1), learningRate: tf.scalar(1) }
    assert.throws(
      () => adamUpdate({ parameters, gradients: {}, ...given }),
      RangeError,
      "a [2,3] needs a gradient, got none"
    )
    assert.throws(
      () => adamUpdate({ parameters, gradients: { a: tf.zeros([3, 2]) }, ...given }),
      RangeError,
      "got one of [3,2]"
    )
  })
})

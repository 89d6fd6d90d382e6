/** Adam against PyTorch's, in float64 (test/parity/unet_reference.py). */
import { assert, describe, it } from "vitest"
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import type { OptimizerSettings } from "../../src/training/optimizer.ts"
import { assertAllNear, readReference } from "../models/reference.ts"
import { trainAlong } from "./steps.ts"

const reference = readReference("unet/adam")
const rates = [1e-2, 5e-3, 2e-3]

const train = (optimizer: OptimizerSettings) => {
  const gradients = rates.map((_, i) => reference.below(`gradient${i}`))
  return trainAlong(reference.below("start"), gradients, rates, { optimizer }).training.state
}

/** The part by which training moved the parameters, so that the tolerance is one of the steps. */
const moved = (parameters: Readonly<Record<string, Tensor>>) => {
  const start = reference.below("start")
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [name, tf.sub(tensor, start[name]!)])
  )
}

const step = (gradient: Tensor, start: Tensor, rate: number, options = {}) =>
  trainAlong({ a: start }, [{ a: gradient }], [rate], {
    optimizer: { kind: "adam", ...options }
  }).training.state["a"]!

describe("Adam", () => {
  // Steps of 1e-2 are differences of parameters near 1, known to 6e-8 each.
  it("makes PyTorch's steps, the first ones too", () => {
    assertAllNear(moved(train({ kind: "adam" })), moved(reference.below("adam")), 3e-5)
  })
  it("makes AdamW's steps with weight decay", () => {
    const options = { kind: "adamw", weightDecay: 0.1 } as const
    assertAllNear(moved(train(options)), moved(reference.below("adamw")), 3e-5)
  })
  it("moves by the learning rate at first, whatever the size of the gradient", () => {
    const updated = step(tf.tensor1d([1e-3, -1, 1e3]), tf.zeros([3]), 0.5)
    const expected = [-0.5, 0.5, -0.5]
    // eps is 1e-5 of the smallest gradient; else float32 rounding.
    for (const [i, value] of updated.dataSync().entries()) {
      assert.closeTo(value, expected[i]!, i === 0 ? 6e-6 : 5e-7)
    }
  })
  it("takes the sign of each gradient without any memory", () => {
    const options = { beta1: 0, beta2: 0, eps: 0 }
    const updated = step(tf.tensor1d([3, -0.2]), tf.zeros([2]), 0.25, options)
    assert.deepStrictEqual([...updated.dataSync()], [-0.25, 0.25])
  })
  it("stays where it is without gradients", () => {
    const updated = step(tf.zeros([2]), tf.tensor1d([1, 2]), 0.5)
    assert.deepStrictEqual([...updated.dataSync()], [1, 2])
  })
})

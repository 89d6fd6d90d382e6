/** SGD, clipping and averages against PyTorch's, in float64 (test/parity/optimizers.py), and against their formulas. */
import { assert, describe, it } from "vitest"
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import { clipNorm } from "../../src/training/clip-norm.ts"
import { flatten } from "../../src/training/flat.ts"
import { averagedState, type StepOptions } from "../../src/training/training-step.ts"
import { assertAllNear } from "../models/reference.ts"
import golden from "../parity/optimizers.json" with { type: "json" }
import { trainAlong } from "./steps.ts"

const tensors = (values: { readonly [name: string]: ReadonlyArray<number> }) =>
  Object.fromEntries(
    Object.entries(golden.shapes).map(([name, shape]): [string, Tensor] => [
      name,
      tf.tensor([...values[name]!], shape)
    ])
  )
const train = (options: StepOptions) =>
  trainAlong(tensors(golden.start), golden.gradients.map(tensors), golden.rates, options)
const { results } = golden
/** Of values near 1; a float32 has 6e-8. */
const tolerance = 1e-6

describe("SGD", () => {
  it.each([
    ["sgd", {}],
    ["momentum", { momentum: 0.9 }],
    ["nesterov", { momentum: 0.8, nesterov: true }]
  ] as const)("makes PyTorch's steps: %s", (name, settings) => {
    const { training } = train({ optimizer: { kind: "sgd", ...settings } })
    assertAllNear(training.state, tensors(results[name].parameters), tolerance)
  })
  it("remembers nothing without momentum", () => {
    assert.deepStrictEqual(train({ optimizer: { kind: "sgd" } }).training.moments, {})
  })
  it("reaches g/(1 - μ) under a constant gradient", () => {
    const gradients = Array.from({ length: 60 }, () => ({ a: tf.tensor1d([2, -3]) }))
    const { training } = trainAlong(
      { a: tf.zeros([2]) },
      gradients,
      gradients.map(() => 0.1),
      { optimizer: { kind: "sgd", momentum: 0.5 } }
    )
    const velocity = [...training.moments["velocity"]!.dataSync()]
    assert.closeTo(velocity[0]!, 4, 1e-5)
    assert.closeTo(velocity[1]!, -6, 1e-5)
  })
})

describe("AdamW", () => {
  it("has PyTorch's weight decay of 0.01 by itself", () => {
    const { training } = train({ optimizer: { kind: "adamw" } })
    assertAllNear(training.state, tensors(results.adamw.parameters), 2e-6)
  })
})

describe("clipped gradients", () => {
  it("are PyTorch's, and so are the norms", () => {
    const optimizer = { kind: "sgd", momentum: 0.9 } as const
    const { norms, training } = train({ optimizer, clip: golden.maxNorm })
    assertAllNear(training.state, tensors(results.clipped.parameters), tolerance)
    for (const [index, norm] of results.clipped.norms.entries()) {
      assert.closeTo(norms[index]!, norm, 1e-6 * norm)
    }
  })
  it("have the bound's length, or their own when that is less", () => {
    const long = clipNorm(tf.tensor1d([3, 4]), 1)
    assert.deepStrictEqual([...long.norm.dataSync()], [5])
    const [x, y] = long.gradient.dataSync()
    assert.closeTo(x!, 0.6, 1e-6)
    assert.closeTo(y!, 0.8, 1e-6)
    assert.deepStrictEqual([...clipNorm(tf.tensor1d([3, 4]), 6).gradient.dataSync()], [3, 4])
    assert.deepStrictEqual([...clipNorm(tf.tensor1d([0, 0]), 1).gradient.dataSync()], [0, 0])
  })
})

describe("averaged weights", () => {
  it("are PyTorch's", () => {
    const { parameters, training } = train({ emaDecay: golden.decay })
    assertAllNear(training.state, tensors(results.averaged.parameters), 2e-6)
    assertAllNear(averagedState(parameters, training), tensors(results.averaged.average), tolerance)
  })
  it("are the weights themselves with a decay of 0", () => {
    const { parameters, training } = train({ emaDecay: 0 })
    assertAllNear(averagedState(parameters, training), training.state, 0)
  })
  it("leave the training as it is", () => {
    assertAllNear(train({ emaDecay: 0.5 }).training.state, train({}).training.state, 0)
  })
})

describe("a flat gradient", () => {
  it("refuses one that is missing or of another shape", () => {
    const like = { a: tf.zeros([2, 3]) }
    assert.throws(() => flatten(like, {}), RangeError, "a [2,3] needs a gradient, got none")
    assert.throws(() => flatten(like, { a: tf.zeros([3, 2]) }), RangeError, "got one of [3,2]")
  })
})

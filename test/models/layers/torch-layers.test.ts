/** Layers of networks that were trained elsewhere: weights in PyTorch's order, and functions that only those have. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../../src/engine/tf.ts"
import { multiHeadAttention } from "../../../src/models/layers/attention.ts"
import { geluTanh } from "../../../src/models/layers/gelu-tanh.ts"
import { linear } from "../../../src/models/layers/linear.ts"
import { rmsNorm } from "../../../src/models/layers/rms-norm.ts"
import { sinusoid } from "../../../src/models/layers/sinusoid.ts"
import { torchWeights } from "../../../src/models/layers/torch-weights.ts"
import { assertNear } from "../reference.ts"

const random = (shape: ReadonlyArray<number>, seed: number): Tensor =>
  tf.randomNormal([...shape], 0, 1, "float32", seed)

const assertClose = (got: Tensor, expected: ReadonlyArray<number>, tolerance: number) => {
  const values = got.dataSync()
  assert.strictEqual(values.length, expected.length)
  for (const [at, value] of expected.entries()) {
    assert.closeTo(values[at]!, value, tolerance * Math.max(1, Math.abs(value)), `element ${at}`)
  }
}

describe("a linear layer with its outputs first", () => {
  it("is that of the transposed matrix, with its gradients", () => {
    const x = random([2, 3, 5], 1) as Tensor3D
    const weight = random([5, 4], 2) as Tensor2D
    const bias = random([4], 3) as Tensor1D
    const turned = tf.transpose(weight)
    const own = tf.valueAndGrads((x: Tensor, weight: Tensor) =>
      linear(x, { weight: weight as Tensor2D, bias })
    )([x, weight])
    const other = tf.valueAndGrads((x: Tensor, weight: Tensor) =>
      linear(x, { weight: weight as Tensor2D, bias, outputsFirst: true })
    )([x, turned])
    assert.deepStrictEqual(other.value.shape, [2, 3, 4])
    assertNear(other.value, own.value, 1e-6)
    assertNear(other.grads[0]!, own.grads[0]!, 1e-6)
    assertNear(tf.transpose(other.grads[1]!), own.grads[1]!, 1e-6)
  })
})

describe("attention", () => {
  const [query, key, value] = [4, 5, 6].map((seed) => random([2, 3, 8], seed) as Tensor3D) as [
    Tensor3D,
    Tensor3D,
    Tensor3D
  ]

  it("multiplies scores by its scale", () => {
    const scaled = multiHeadAttention(tf.mul(query, 3), key, value, 2, { scale: 1 })
    // With heads of four channels the usual scale is a half.
    assertNear(multiHeadAttention(tf.mul(query, 6), key, value, 2), scaled, 2e-6)
  })
  it("does not see keys whose scores are lowered far", () => {
    const bias = tf.tensor4d([0, 0, -1e4, 0, 0, -1e4], [2, 1, 1, 3])
    const seen = (tensor: Tensor3D) => tf.slice(tensor, [0, 0, 0], [2, 2, 8])
    assertNear(
      multiHeadAttention(query, key, value, 2, { bias }),
      multiHeadAttention(query, seen(key), seen(value), 2),
      2e-6
    )
  })
})

describe("RMS norm", () => {
  it("divides by the root of the mean square, without a centre", () => {
    const vector = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
      minLength: 4,
      maxLength: 4
    })
    fc.assert(
      fc.property(fc.tuple(vector, vector), (rows) => {
        const gamma = [1, -2, 0.5, 3]
        const numbers = rows.map((row) => row.map(Math.fround))
        const expected = numbers.flatMap((row) => {
          const root = Math.sqrt(row.reduce((sum, one) => sum + one * one, 0) / 4 + 1e-6)
          return row.map((one, at) => (one / root) * gamma[at]!)
        })
        tf.tidy(() => {
          assertClose(rmsNorm(tf.tensor2d(numbers), tf.tensor1d(gamma), 1e-6), expected, 2e-6)
        })
      }),
      { numRuns: 30 }
    )
  })
})

describe("the tanh form of GELU", () => {
  it("is its formula, which is not the exact GELU", () => {
    const x = Array.from({ length: 81 }, (_, at) => (at - 40) / 4)
    const expected = x.map(
      (one) => 0.5 * one * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (one + 0.044715 * one ** 3)))
    )
    assertClose(geluTanh(tf.tensor1d(x)), expected, 1e-6)
    // x Φ(x) at 2 is 1.9544997361.
    assert.closeTo(geluTanh(tf.tensor1d([2])).dataSync()[0]!, 1.954597694, 1e-6)
  })
})

describe("sinusoids of a timestep", () => {
  it("are cosines, then sines, of frequencies that fall from 1 towards 1/10000", () => {
    const timesteps = [0, 1, 250, 999]
    const half = 5
    const angles = (t: number) => Array.from({ length: half }, (_, i) => t * 10_000 ** (-i / half))
    const expected = timesteps.flatMap((t) => [
      ...angles(t).map(Math.cos),
      ...angles(t).map(Math.sin)
    ])
    // The frequencies are of float32: at t = 999 their last bit is 6e-5 of an angle.
    assertClose(sinusoid(tf.tensor1d(timesteps, "int32"), 2 * half), expected, 1e-4)
  })
  it("need an even number of channels", () => {
    assert.throws(() => sinusoid(tf.tensor1d([1]), 5), RangeError, "5 channels")
  })
})

describe("weights in PyTorch's order", () => {
  const filter = random([3, 2, 5, 4], 7) as Tensor4D
  const state = {
    "a.b.conv.weight": filter,
    "a.b.conv.bias": random([3], 8),
    "a.b.dense.weight": random([3, 2], 9)
  }
  const weights = torchWeights(state).below("a").below("b")

  it("come with filters as convolutions take them", () => {
    const turned = weights.conv("conv").filter
    assert.deepStrictEqual(turned.shape, [5, 4, 2, 3])
    assert.strictEqual(turned.arraySync()[4]![3]![1]![2], filter.arraySync()[2]![1]![4]![3])
    const { weight } = weights.product("dense")
    assert.deepStrictEqual(linear(tf.ones([1, 2]), weights.product("dense")).shape, [1, 3])
    assert.strictEqual(weight, state["a.b.dense.weight"])
  })
  it("are missed by name", () => {
    assert.throws(
      () => weights.linear("dense"),
      RangeError,
      "the network needs a tensor a.b.dense.bias of rank 1, its state has none"
    )
    assert.throws(() => weights.vector("dense.weight"), RangeError, "its state has one of rank 2")
  })
})

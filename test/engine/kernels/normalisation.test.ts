/** Softmax, batch norm and local response normalisation, against tfjs's cpu kernels. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { backendName } from "#src/engine/backend/register.ts"
import { assertSameOnBoth, library as tf, random, runOn } from "../../support/backends.ts"
import { assertSameForAll } from "./same-for-all.ts"

const shapes = fc.array(fc.constantFrom(0, 1, 2, 3, 9), { minLength: 1, maxLength: 4 })
const seed = fc.nat(1000)

describe("softmax", () => {
  it("over the last axis, with its gradient", () => {
    assertSameForAll(fc.record({ shape: shapes, seed }), ({ seed, shape }) => {
      const x = random(shape, seed).mul(5)
      return [
        tf.softmax(x),
        tf.logSoftmax(x),
        tf.grad((x) => tf.softmax(x).square().sum())(x),
        tf.grad((x) => tf.logSoftmax(x).square().sum())(x)
      ]
    })
  })

  it("of large, infinite and missing numbers", () => {
    assertSameOnBoth(() =>
      tf.softmax([
        [1000, 1, 2],
        [-1000, -1000, -1001],
        [-Infinity, 1, 2],
        [-Infinity, -Infinity, -Infinity],
        [Infinity, 1, 2],
        [NaN, 1, 2]
      ])
    )
  })

  it("as a kernel of its own also logarithmic", () => {
    const [scalar, whole, logarithm] = runOn(backendName, () => {
      const logits = tf.tensor([[1, 2, 4]])
      return [
        tf.softmax(tf.scalar(3)),
        tf.softmax(logits).log(),
        tf.engine().runKernel("LogSoftmax", { logits }, { axis: -1 }) as Tensor
      ]
    })
    assert.deepStrictEqual(scalar!.values, [1])
    for (const [index, value] of whole!.values.entries()) {
      assert.closeTo(logarithm!.values[index]!, value, 1e-6)
    }
  })

  it("refuses another axis than the last", () => {
    void tf.setBackend(backendName)
    tf.tidy(() =>
      assert.throws(
        () => tf.engine().runKernel("Softmax", { logits: tf.zeros([2, 3]) }, { dim: 0 }),
        /non-last dimension/
      )
    )
  })
})

describe("batch norm with given statistics", () => {
  const cases = fc.record({
    rank: fc.integer({ min: 2, max: 4 }),
    channels: fc.constantFrom(1, 3, 8, 16),
    full: fc.boolean(),
    scaled: fc.boolean(),
    shifted: fc.boolean(),
    seed
  })

  it("by channel or by element, with and without scale and offset", () => {
    assertSameForAll(cases, ({ channels, full, rank, scaled, seed, shifted }) => {
      const shape = [2, 3, 4].slice(0, rank - 1).concat(channels)
      const statistics = full ? shape : [channels]
      const [x, mean, variance] = [
        random(shape, seed),
        random(statistics, seed + 1),
        random(statistics, seed + 2).abs()
      ] as [Tensor4D, Tensor4D, Tensor4D]
      return tf.batchNorm(
        x,
        mean,
        variance,
        shifted ? (random(statistics, seed + 3) as Tensor4D) : undefined,
        scaled ? (random(statistics, seed + 4) as Tensor4D) : undefined,
        0.01
      )
    })
  })

  it("has tfjs's gradients", () => {
    assertSameOnBoth(
      () =>
        tf.grads((x, mean, variance, offset, scale) =>
          tf
            .batchNorm(x as Tensor4D, mean, variance, offset, scale)
            .square()
            .sum()
        )([
          random([2, 3, 4, 16], 1),
          random([16], 2),
          random([16], 3).abs().add(0.1),
          random([16], 4),
          random([16], 5)
        ]),
      1e-4
    )
  })
})

describe("local response normalisation", () => {
  it("over channels nearby, with its gradient", () => {
    const cases = fc.record({
      channels: fc.constantFrom(1, 2, 5, 16),
      radius: fc.integer({ min: 0, max: 20 }),
      bias: fc.constantFrom(0.5, 1, 2),
      alpha: fc.constantFrom(0.1, 1),
      beta: fc.constantFrom(0.5, 0.75),
      seed
    })
    assertSameForAll(cases, ({ alpha, beta, bias, channels, radius, seed }) => {
      const x = random([2, 3, 2, channels], seed) as Tensor4D
      const normed = (x: Tensor) =>
        tf.localResponseNormalization(x as Tensor4D, radius, bias, alpha, beta)
      return [normed(x), tf.grad((x) => normed(x).square().sum())(x)]
    })
  })
})

import { assert, describe, it } from "vitest"
import type { Rank, Tensor2D } from "@tensorflow/tfjs"
import { crossEntropy } from "../../src/training/cross-entropy.ts"
import { assertSameOnBoth, library as tf, random } from "../support/backends.ts"

const targets = () => tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3])

describe("the cross-entropy", () => {
  it("of equal logits is the logarithm of the number of classes", () => {
    const [loss] = crossEntropy(tf.ones<Rank.R2>([2, 3]), targets()).dataSync()
    assert.closeTo(loss!, Math.log(3), 1e-6)
  })
  it("is that of its formula, also for large logits", () => {
    const logits = [
      [1, 2, 3],
      [-500, 500, 499]
    ]
    const expected = [
      Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 1,
      Math.log(1 + Math.exp(-1))
    ]
    const [loss] = crossEntropy(tf.tensor2d(logits), targets()).dataSync()
    assert.closeTo(loss!, (expected[0]! + expected[1]!) / 2, 1e-6)
  })
  it("has the gradient (softmax - target)/N", () => {
    const logits = tf.tensor2d([1, 2, 3, 0, 0, 0], [2, 3])
    const gradient = tf.grad((logits) => crossEntropy(logits as Tensor2D, targets()))(logits)
    const softmax = tf.softmax(logits)
    const expected = tf.div(tf.sub(softmax, targets()), 2).dataSync()
    for (const [i, value] of gradient.dataSync().entries()) {
      assert.closeTo(value, expected[i]!, 1e-6)
    }
  })
  it("is the same on tfjs's cpu backend", () => {
    assertSameOnBoth(() => {
      const { grads, value } = tf.valueAndGrads((logits) =>
        crossEntropy(logits as Tensor2D, targets())
      )([random([2, 3], 4)])
      return [value, ...grads]
    })
  })
})

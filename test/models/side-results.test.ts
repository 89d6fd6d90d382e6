import { assert, describe, it } from "vitest"
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import { withSideResults } from "../../src/models/side-results.ts"

type Carry = (tensors: { readonly double: Tensor }) => void

describe("side results", () => {
  it("outlive the scope that they were made in, and belong to the next one", () => {
    const before = tf.memory().numTensors
    tf.tidy(() => {
      const { carried, result } = withSideResults((carry: Carry) =>
        tf.tidy(() => {
          carry({ double: tf.tensor1d([2, 4]) })
          return "done"
        })
      )
      assert.strictEqual(result, "done")
      assert.deepStrictEqual([...carried.double.dataSync()], [2, 4])
      assert.strictEqual(tf.memory().numTensors, before + 1)
    })
    assert.strictEqual(tf.memory().numTensors, before)
  })
  it("are freed when the body fails", () => {
    const before = tf.memory().numTensors
    assert.throws(
      () =>
        withSideResults((carry: Carry) =>
          tf.tidy(() => {
            carry({ double: tf.tensor1d([2, 4]) })
            throw new Error("no")
          })
        ),
      "no"
    )
    assert.strictEqual(tf.memory().numTensors, before)
  })
})

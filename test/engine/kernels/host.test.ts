/** Kernels that tfjs's cpu backend computes for the engine: strings, and shapes that depend on values. */
import { assert, describe, it } from "vitest"
import type { Tensor, Tensor1D } from "@tensorflow/tfjs"
import { compile } from "#src/engine/compile.ts"
import { assertSameOnBoth, library as tf, random } from "../../support/backends.ts"

/** Under another name: the linter takes it for that of arrays. */
const filled = tf.fill

describe("kernels on the host", () => {
  it("give what tfjs gives, on values that are still to be computed", () => {
    assertSameOnBoth(() => {
      const boxes = random([6, 4], 1).abs() as never
      const scores = random([6], 2).abs() as Tensor1D
      const { indices, values } = tf.unique(tf.tensor1d([3, 1, 3, 2], "int32").mul(2))
      return [
        values,
        indices,
        tf.image.nonMaxSuppression(boxes, scores, 4, 0.3),
        tf.broadcastArgs([2, 1], [1, 3]),
        tf.multinomial(random([2, 4], 1) as never, 5, 7),
        tf.sparse.sparseReshape(
          [
            [0, 1],
            [1, 2]
          ],
          [2, 3],
          [3, -1]
        )["outputShape"] as Tensor
      ]
    })
  })

  it("work on strings", () => {
    const run = (backend: string) => {
      void tf.setBackend(backend)
      return tf.tidy(() => {
        const words = tf.tensor2d(["a", "bc", "d", "e"], [2, 2])
        const made = [
          words.reshape([4]),
          words.slice([0, 1], [2, 1]),
          words.tile([1, 2]),
          tf.concat([words, words], 1),
          tf.stack([words, words]),
          filled([2], "x"),
          words.equal(tf.tensor1d(["a", "e"])),
          tf.string.stringSplit(["a b", "c"], " ").values,
          tf.sparseToDense([1], ["y"], [3], "n")
        ] as ReadonlyArray<Tensor>
        return made.map((tensor) => [tensor.shape, tensor.dtype, Array.from(tensor.dataSync())])
      })
    }
    assert.deepStrictEqual(run("onnx"), run("cpu"))
  })

  it("leave nothing behind", () => {
    const cpu = tf.findBackend("cpu")
    void tf.setBackend("onnx")
    const before = [cpu.numDataIds(), tf.engine().backend.numDataIds()]
    tf.tidy(() => {
      tf.unique(tf.tensor1d([1, 1, 2]))
      tf.stack([tf.tensor1d(["a"]), tf.tensor1d(["b"])])
      tf.image.nonMaxSuppression(tf.ones([2, 4]), tf.ones([2]), 1)
    })
    assert.deepStrictEqual([cpu.numDataIds(), tf.engine().backend.numDataIds()], before)
  })

  it("cannot be part of a compiled function", () => {
    void tf.setBackend("onnx")
    tf.tidy(() => {
      const distinct = compile((x: Tensor) => tf.unique(x).values)
      assert.throws(() => distinct(tf.tensor1d([1, 1, 2])), /read the value of a tensor/)
    })
  })
})

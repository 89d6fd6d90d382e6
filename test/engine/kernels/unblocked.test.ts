import { assert, describe, it } from "vitest"
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { register } from "#src/engine/backend/register.ts"
import { library as tf, random, runOn } from "../../support/backends.ts"

/** As on a CPU for which ONNX Runtime has no blocked layout: by the operators that every provider has. */
const name = "onnx without blocks"
register({ name, target: { provider: "cpu", block: 0, float16: false }, threads: 2 })

const assertSame = (body: () => ReadonlyArray<Tensor>) => {
  const expected = runOn("cpu", body)
  for (const [index, { shape, values }] of runOn(name, body).entries()) {
    const want = expected[index]!
    assert.deepStrictEqual(shape, want.shape)
    values.forEach((value, at) => assert.closeTo(value, want.values[at]!, 1e-4, `element ${at}`))
  }
}

const withGradients = (
  f: (...inputs: Array<Tensor>) => Tensor,
  ...shapes: ReadonlyArray<ReadonlyArray<number>>
): ReadonlyArray<Tensor> => {
  const inputs = shapes.map((shape, seed) => random(shape, seed + 1))
  const gradients = tf.grads((...values) => {
    const y = f(...values)
    return y.mul(random(y.shape, 9)).sum()
  })
  return [f(...inputs), ...gradients(inputs)]
}

describe("without the blocked layout", () => {
  const cases = [
    { stride: 1, pad: "same" },
    { stride: 2, pad: "same" },
    { stride: 3, pad: "valid" },
    { stride: 2, pad: 1 }
  ] as const

  it.each(cases)(
    "convolutions are those of tfjs: stride $stride, padding $pad",
    ({ pad, stride }) => {
      assertSame(() => [
        ...withGradients(
          (x, w) => tf.conv2d(x as Tensor4D, w as Tensor4D, stride, pad),
          [2, 7, 8, 16],
          [3, 3, 16, 32]
        ),
        ...withGradients(
          (x, w) => tf.depthwiseConv2d(x as Tensor4D, w as Tensor4D, stride, pad),
          [2, 7, 8, 16],
          [3, 3, 16, 2]
        )
      ])
    }
  )

  it.each(cases)("pools are those of tfjs: stride $stride, padding $pad", ({ pad, stride }) => {
    assertSame(() => [
      ...withGradients((x) => tf.maxPool(x as Tensor4D, 3, stride, pad), [2, 7, 8, 16]),
      ...withGradients((x) => tf.avgPool(x as Tensor4D, 3, stride, pad), [2, 7, 8, 16])
    ])
  })

  it("resizing by whole factors is that of tfjs", () => {
    assertSame(() =>
      withGradients((x) => tf.image.resizeNearestNeighbor(x as Tensor4D, [10, 15]), [1, 5, 5, 16])
    )
  })
})

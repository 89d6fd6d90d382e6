/** What is lowered for WebGPU means the same on the CPU, so it can be checked without a driver. */
import { afterAll, assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { library as tf, random, runOn } from "../../support/backends.ts"
import { forWebgpu } from "../../support/onnx-variants.ts"
import { computations } from "./computations.ts"

afterAll(() => {
  void tf.setBackend("onnx")
})

const assertSame = (body: () => Tensor | ReadonlyArray<Tensor>): void => {
  const [found, expected] = [runOn(forWebgpu, body), runOn("cpu", body)]
  assert.deepStrictEqual(
    found.map(({ dtype, shape }) => [dtype, shape]),
    expected.map(({ dtype, shape }) => [dtype, shape])
  )
  for (const [index, { values }] of expected.entries()) {
    const finite = values.filter(Number.isFinite).map(Math.abs)
    const scale = finite.reduce((most, value) => Math.max(most, value), 1)
    const wrong = found[index]!.values.findIndex((value, at) => {
      const expected = values[at]!
      const same = Object.is(value, expected) || value === expected
      return !same && !(Math.abs(value - expected) <= 1e-5 * scale)
    })
    if (wrong >= 0) {
      assert.fail(`result ${index}[${wrong}]: ${found[index]!.values[wrong]}, not ${values[wrong]}`)
    }
  }
}

describe("the lowering for WebGPU", () => {
  it.each(Object.entries(computations))("%s", (_, body) => assertSame(body))

  const extent = fc.integer({ min: 1, max: 7 })
  const stride = fc.integer({ min: 1, max: 3 })
  const pad = fc.constantFrom("same", "valid")
  const channels = fc.constantFrom(1, 2, 3, 4, 6, 9, 12)

  it("pools the largest of any windows", () => {
    const pools = fc.record({
      shape: fc.tuple(
        fc.integer({ min: 1, max: 2 }),
        extent,
        extent,
        fc.integer({ min: 1, max: 3 })
      ),
      window: fc.tuple(extent, extent),
      strides: fc.tuple(stride, stride),
      pad
    })
    fc.assert(
      fc.property(pools, ({ pad, shape, strides, window }) => {
        const [, height, width] = shape
        fc.pre(pad === "same" || (window[0] <= height && window[1] <= width))
        const pool = (x: Tensor) => tf.maxPool(x as Tensor4D, window, strides, pad)
        assertSame(() => {
          // Whole numbers, of which several may be the largest.
          const x = tf.round(tf.mul(random(shape, 1), 3))
          return [pool(x), tf.grad(pool)(x)]
        })
      }),
      { numRuns: 60 }
    )
  })

  it("convolves any channels, with gradients", () => {
    const convolutions = fc.record({
      images: fc.constantFrom(1, 2, 3, 6, 9),
      size: fc.tuple(extent, extent),
      inputs: channels,
      outputs: channels,
      window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride,
      depthwise: fc.boolean()
    })
    fc.assert(
      fc.property(convolutions, ({ depthwise, images, inputs, outputs, size, stride, window }) => {
        const filterShape = [...window, inputs, depthwise ? (outputs % 4) + 1 : outputs]
        const convolve = (x: Tensor, filter: Tensor) =>
          depthwise
            ? tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, "same")
            : tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, "same")
        assertSame(() => {
          const [x, filter] = [random([images, ...size, inputs], 1), random(filterShape, 2)]
          const gradients = tf.grads((a, b) => tf.square(convolve(a, b)))([x, filter])
          return [convolve(x, filter), ...gradients]
        })
      }),
      { numRuns: 60 }
    )
  })
})

import { describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor, Tensor4D, Tensor5D } from "@tensorflow/tfjs"
import { assertSameOnBoth, library as tf, random } from "../../support/backends.ts"

/** Around the block of the CPU's own layout, which is 8 or 16. */
const channels = fc.constantFrom(1, 3, 7, 8, 15, 16, 17, 32, 48)
const upTo = (max: number) => fc.integer({ min: 1, max })

type Explicit = [[0, 0], [number, number], [number, number], [0, 0]]

const paddings = fc.oneof(
  fc.constantFrom("same" as const, "valid" as const),
  fc.nat(3),
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)).map(([t, b, l, r]): Explicit => [
    [0, 0],
    [t, b],
    [l, r],
    [0, 0]
  ])
)

const ones: [number, number] = [1, 1]

const convolutions = fc
  .record({
    n: upTo(3),
    h: fc.integer({ min: 4, max: 9 }),
    w: fc.integer({ min: 4, max: 9 }),
    inputs: channels,
    outputs: channels,
    kernel: fc.tuple(upTo(4), upTo(4)),
    // tfjs wants one of the two to be 1.
    steps: fc.oneof(
      fc.record({ strides: fc.tuple(upTo(3), upTo(3)), dilations: fc.constant(ones) }),
      fc.record({ strides: fc.constant(ones), dilations: fc.tuple(upTo(2), upTo(2)) })
    ),
    pad: paddings,
    seed: fc.nat(1000)
  })
  .filter(({ h, kernel, steps: { dilations }, w }) =>
    // A window that does not fit into the image is an error in tfjs, too.
    kernel.every((length, axis) => (length - 1) * dilations[axis]! < [h, w][axis]!)
  )

type Settings = typeof convolutions extends fc.Arbitrary<infer T> ? T : never

const check = (body: (settings: Settings) => ReadonlyArray<Tensor>, runs: number) =>
  fc.assert(
    fc.property(convolutions, (settings) => assertSameOnBoth(() => body(settings), 2e-5)),
    { numRuns: runs }
  )

/** Value and gradients of a function of two tensors, with a slope that differs from place to place. */
const valueAndGradients = (
  f: (x: Tensor, filter: Tensor) => Tensor,
  x: Tensor,
  filter: Tensor
): ReadonlyArray<Tensor> => {
  const gradients = tf.grads((a, b) => {
    const y = f(a, b)
    return y.mul(random(y.shape, 5)).sum()
  })
  return [f(x, filter), ...gradients([x, filter])]
}

describe("Conv2D", () => {
  it("and both gradients are those of tfjs", () => {
    check(({ h, inputs, kernel, n, outputs, pad, seed, steps: { strides }, w }) => {
      const x = random([n, h, w, inputs], seed)
      const filter = random([...kernel, inputs, outputs], seed + 1)
      return valueAndGradients(
        (a, b) => tf.conv2d(a as Tensor4D, b as Tensor4D, strides, pad),
        x,
        filter
      )
    }, 25)
  })

  it("takes dilations and channels first", () => {
    check(({ h, inputs, kernel, n, outputs, pad, seed, steps: { dilations, strides }, w }) => {
      const filter = random([...kernel, inputs, outputs], seed + 1) as Tensor4D
      const x = random([n, h, w, inputs], seed) as Tensor4D
      const first = random([n, inputs, h, w], seed) as Tensor4D
      const planar = Array.isArray(pad) ? ([pad[0], pad[3], pad[1], pad[2]] as Explicit) : pad
      return [
        tf.conv2d(x, filter, strides, pad, "NHWC", dilations),
        tf.conv2d(first, filter, strides, planar, "NCHW", dilations)
      ]
    }, 15)
  })

  it("has both gradients with channels first", () => {
    check(({ h, inputs, kernel, n, outputs, seed, steps: { strides }, w }) => {
      const x = random([n, inputs, h, w], seed)
      const filter = random([...kernel, inputs, outputs], seed + 1)
      return valueAndGradients(
        (a, b) => tf.conv2d(a as Tensor4D, b as Tensor4D, strides, 1, "NCHW"),
        x,
        filter
      )
    }, 15)
  })

  it("is followed by itself without a change of layout", () => {
    check(({ h, inputs, kernel, n, outputs, seed, w }) => {
      const x = random([n, h, w, inputs], seed)
      const filter = random([...kernel, inputs, outputs], seed + 1)
      const second = random([3, 3, outputs, inputs], seed + 2) as Tensor4D
      return valueAndGradients(
        (a, b) => {
          const y = tf.conv2d(a as Tensor4D, b as Tensor4D, 1, "same")
          return tf.conv2d(tf.tanh(y), second, 2, "same")
        },
        x,
        filter
      )
    }, 10)
  })

  it("rounds the number of windows as it is told", () => {
    for (const rounding of ["floor", "round", "ceil"] as const) {
      for (const c of [3, 16]) {
        const filter = () => random([2, 2, c, c], 1) as Tensor4D
        assertSameOnBoth(() =>
          tf.conv2d(random([2, 6, 7, c], 2) as Tensor4D, filter(), 3, 1, "NHWC", 1, rounding)
        )
      }
    }
  })

  it("takes tensors without elements", () => {
    assertSameOnBoth(() =>
      valueAndGradients(
        (a, b) => tf.conv2d(a as Tensor4D, b as Tensor4D, 1, "same"),
        tf.zeros([0, 4, 4, 16]),
        random([3, 3, 16, 3], 1)
      )
    )
  })
})

describe("the transposed convolution", () => {
  it("and both gradients are those of tfjs", () => {
    const sizes = fc.record({
      n: upTo(2),
      h: upTo(5),
      w: upTo(5),
      inputs: channels,
      outputs: channels,
      kernel: upTo(4),
      stride: upTo(3),
      pad: fc.constantFrom("same" as const, "valid" as const),
      seed: fc.nat(1000)
    })
    fc.assert(
      fc.property(sizes, ({ h, inputs, kernel, n, outputs, pad, seed, stride, w }) => {
        const length = (size: number) =>
          pad === "same" ? size * stride : (size - 1) * stride + Math.max(kernel, stride)
        const shape: [number, number, number, number] = [n, length(h), length(w), outputs]
        assertSameOnBoth(
          () =>
            valueAndGradients(
              (a, b) => tf.conv2dTranspose(a as Tensor4D, b as Tensor4D, shape, stride, pad),
              random([n, h, w, inputs], seed),
              random([kernel, kernel, outputs, inputs], seed + 1)
            ),
          2e-5
        )
      }),
      { numRuns: 15 }
    )
  })

  it("makes an image from one pixel, and a pixel from an image", () => {
    for (const c of [3, 16]) {
      assertSameOnBoth(
        () =>
          valueAndGradients(
            (a, b) => tf.conv2dTranspose(a as Tensor4D, b as Tensor4D, [2, 7, 7, c], 7, "valid"),
            random([2, 1, 1, c], 1),
            random([7, 7, c, c], 2)
          ),
        2e-5
      )
      assertSameOnBoth(
        () =>
          valueAndGradients(
            (a, b) => tf.conv2d(a as Tensor4D, b as Tensor4D, 1, "valid"),
            random([2, 7, 7, c], 1),
            random([7, 7, c, c], 2)
          ),
        2e-5
      )
    }
  })
})

describe("the depthwise convolution", () => {
  it("and both gradients are those of tfjs, with several filters a channel", () => {
    fc.assert(
      fc.property(convolutions, upTo(3), (settings, multiplier) => {
        const { h, inputs, kernel, n, pad, seed, steps, w } = settings
        assertSameOnBoth(
          () =>
            valueAndGradients(
              (a, b) => tf.depthwiseConv2d(a as Tensor4D, b as Tensor4D, steps.strides, pad),
              random([n, h, w, inputs], seed),
              random([...kernel, inputs, multiplier], seed + 1)
            ),
          2e-5
        )
      }),
      { numRuns: 15 }
    )
  })

  it("takes dilations", () => {
    check(
      ({ h, inputs, kernel, n, pad, seed, steps: { dilations, strides }, w }) => [
        tf.depthwiseConv2d(
          random([n, h, w, inputs], seed) as Tensor4D,
          random([...kernel, inputs, 2], seed + 1) as Tensor4D,
          strides,
          pad,
          "NHWC",
          dilations
        )
      ],
      15
    )
  })
})

describe("fused convolutions", () => {
  const activations = ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const

  it("are a convolution, a bias and an activation", () => {
    for (const activation of activations) {
      for (const c of [3, 16]) {
        for (const shape of [[c], [], [1, 1, c]]) {
          const parts = () => ({
            x: random([2, 5, 6, c], 1) as Tensor4D,
            strides: 1,
            pad: "same" as const,
            bias: random(shape, 3),
            activation,
            leakyreluAlpha: 0.3,
            preluActivationWeights: random([c], 4)
          })
          assertSameOnBoth(() => [
            tf.fused.conv2d({ ...parts(), filter: random([3, 3, c, c], 2) as Tensor4D }),
            tf.fused.depthwiseConv2d({ ...parts(), filter: random([3, 3, c, 1], 2) as Tensor4D })
          ])
        }
      }
    }
  })

  it("take channels first", () => {
    for (const shape of [[4], []]) {
      assertSameOnBoth(() =>
        tf.fused.conv2d({
          x: random([2, 3, 5, 6], 1) as Tensor4D,
          filter: random([3, 3, 3, 4], 2) as Tensor4D,
          strides: 1,
          pad: "same",
          dataFormat: "NCHW",
          bias: random(shape, 3),
          activation: "linear"
        })
      )
    }
  })

  it("have gradients", () => {
    const fused = (x: Tensor, filter: Tensor, bias: Tensor): Tensor =>
      tf.fused.conv2d({
        x: x as Tensor4D,
        filter: filter as Tensor4D,
        strides: 1,
        pad: "same",
        bias,
        activation: "relu"
      })
    for (const c of [3, 16]) {
      assertSameOnBoth(() => {
        const slopes = random([2, 5, 6, c], 9)
        const gradients = tf.grads((x, filter, bias) => fused(x, filter, bias).mul(slopes).sum())
        return gradients([random([2, 5, 6, c], 1), random([3, 3, c, c], 2), random([c], 3)])
      }, 2e-5)
    }
  })
})

describe("Conv3D", () => {
  const volumes = fc.record({
    sizes: fc
      .tuple(upTo(3), upTo(3), upTo(3))
      .map((lengths) => lengths.map((length) => length + 2)),
    inputs: fc.constantFrom(1, 3, 16),
    outputs: fc.constantFrom(1, 4, 16),
    kernel: fc.tuple(upTo(3), upTo(3), upTo(3)),
    strides: fc.tuple(upTo(3), upTo(3), upTo(3)),
    pad: fc.constantFrom("same" as const, "valid" as const),
    seed: fc.nat(1000)
  })

  it("and both gradients are those of tfjs", () => {
    fc.assert(
      fc.property(volumes, ({ inputs, kernel, outputs, pad, seed, sizes, strides }) => {
        assertSameOnBoth(
          () =>
            valueAndGradients(
              (a, b) => tf.conv3d(a as Tensor5D, b as Tensor5D, strides, pad),
              random([2, ...sizes, inputs], seed),
              random([...kernel, inputs, outputs], seed + 1)
            ),
          2e-5
        )
      }),
      { numRuns: 12 }
    )
  })

  it("takes dilations", () => {
    assertSameOnBoth(() =>
      tf.conv3d(
        random([1, 5, 6, 7, 2], 1) as Tensor5D,
        random([2, 3, 2, 2, 3], 2) as Tensor5D,
        1,
        "same",
        "NDHWC",
        [2, 1, 3]
      )
    )
  })
})

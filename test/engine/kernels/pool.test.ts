import { describe, it } from "vitest"
import * as fc from "fast-check"
import type { Rank, Tensor, Tensor4D, Tensor5D } from "@tensorflow/tfjs"
import { assertSameOnBoth, library as tf, numbers, random } from "../../support/backends.ts"
import { afterConvolution } from "./after-convolution.ts"

/** A window, how it moves and the frame around the image, all of which tfjs accepts. */
const pads2D = fc.oneof(
  fc.constantFrom("same" as const, "valid" as const),
  fc.nat(4),
  fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3))
    .map(([t, b, l, r]): [[0, 0], [number, number], [number, number], [0, 0]] => [
      [0, 0],
      [t, b],
      [l, r],
      [0, 0]
    ])
)
const pools = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 4, max: 9 }),
  w: fc.integer({ min: 4, max: 9 }),
  c: fc.constantFrom(1, 3, 15, 16, 17, 32),
  kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  pad: pads2D,
  seed: fc.nat(1000)
})

/** Numbers of which many are equal, so that windows have several maxima. */
const repeated = (shape: ReadonlyArray<number>, seed: number): Tensor =>
  tf.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed
    ).map((value) => Math.round(value * 2)),
    [...shape]
  )

const gradient = (f: (x: Tensor) => Tensor, x: Tensor): Tensor =>
  tf.grad((value) => {
    const y = f(value)
    return y.mul(random(y.shape, 7)).sum()
  })(x)

const check = (
  run: (
    x: Tensor,
    settings: typeof pools extends fc.Arbitrary<infer T> ? T : never
  ) => ReadonlyArray<Tensor>,
  values = random,
  runs = 15
) =>
  fc.assert(
    fc.property(pools, (settings) => {
      const { c, h, n, seed, w } = settings
      assertSameOnBoth(() => run(values([n, h, w, c], seed), settings))
    }),
    { numRuns: runs }
  )

describe("pools of images", () => {
  it("give the largest and the mean of each window", () => {
    check((x, { kernel, pad, strides }) => [
      tf.maxPool(x as Tensor4D, kernel, strides, pad),
      tf.avgPool(x as Tensor4D, kernel, strides, pad)
    ])
  })

  it("have the gradients of tfjs, with the first of several maxima", () => {
    check(
      (x, { kernel, pad, strides }) => [
        gradient((value) => tf.maxPool(value as Tensor4D, kernel, strides, pad), x),
        gradient((value) => tf.avgPool(value as Tensor4D, kernel, strides, pad), x)
      ],
      repeated
    )
  })

  it("do so behind a convolution", () => {
    check(
      (x, { kernel, pad, strides }) => [
        gradient(
          (value) => tf.maxPool(afterConvolution(value) as Tensor4D, kernel, strides, pad),
          x
        ),
        gradient(
          (value) => tf.avgPool(afterConvolution(value) as Tensor4D, kernel, strides, pad),
          x
        )
      ],
      repeated
    )
  })

  it("have gradients where windows lie side by side, where one is the image, and where they move by one", () => {
    const cases = [
      { size: 6, kernel: 2, stride: 2, pad: "valid" },
      { size: 7, kernel: 3, stride: 3, pad: "valid" },
      { size: 5, kernel: 3, stride: 3, pad: "same" },
      { size: 7, kernel: 7, stride: 1, pad: "valid" },
      { size: 6, kernel: 3, stride: 1, pad: "same" },
      { size: 6, kernel: 2, stride: 1, pad: "valid" }
    ] as const
    for (const { kernel, pad, size, stride } of cases) {
      for (const c of [3, 16]) {
        for (const before of [(x: Tensor) => x, afterConvolution]) {
          const x = () => random([2, size, size, c], size)
          const pool = (v: Tensor) => before(tf.avgPool(before(v) as Tensor4D, kernel, stride, pad))
          assertSameOnBoth(() => [pool(x()), gradient(pool, x())])
        }
      }
    }
  })

  it("tell where the first maximum is", () => {
    check((x, { kernel, pad, strides }) => {
      const batch = tf.maxPoolWithArgmax(x as Tensor4D, kernel, strides, pad as "same", true)
      const item = tf.maxPoolWithArgmax(x as Tensor4D, kernel, strides, pad as "same", false)
      return [batch["result"]!, batch["indexes"]!, item["indexes"]!]
    }, repeated)
  })

  it("skip NaN, and take infinities as they are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(NaN, -Infinity, Infinity, 1, 2), { minLength: 25, maxLength: 25 }),
        fc.constantFrom(1, 16),
        (values, c) => {
          const x = () =>
            tf.tensor(
              values.flatMap((value) => Array<number>(c).fill(value)),
              [1, 5, 5, c]
            )
          assertSameOnBoth(() => {
            const places = tf.maxPoolWithArgmax(x() as Tensor4D, 2, 1, "same", false)
            return [
              tf.maxPool(x() as Tensor4D, 3, 2, "same"),
              tf.avgPool(x() as Tensor4D, 3, 2, "same"),
              places["indexes"]!,
              gradient((value) => tf.maxPool(value as Tensor4D, 2, 1, "same"), x())
            ]
          })
        }
      ),
      { numRuns: 15 }
    )
  })

  it("round the number of windows as they are told", () => {
    for (const rounding of ["floor", "round", "ceil"] as const) {
      assertSameOnBoth(() => [
        tf.maxPool(random([2, 6, 7, 16], 1) as Tensor4D, 2, 3, 1, rounding),
        tf.avgPool(random([2, 6, 7, 3], 1) as Tensor4D, 2, 3, 1, rounding)
      ])
    }
  })

  it("keep whole numbers exact, and take no images", () => {
    const large = [2 ** 24 + 1, 2 ** 24, -(2 ** 31), 2 ** 31 - 1, 5, -7, 0, 1, 3]
    assertSameOnBoth(() =>
      tf.maxPool(tf.tensor(large, [1, 3, 3, 1], "int32") as Tensor4D, 2, 1, "valid")
    )
    assertSameOnBoth(() => tf.maxPool(tf.tensor(large, [1, 3, 3, 1], "int32") as Tensor4D, 2, 3, 2))
    assertSameOnBoth(() => [
      tf.maxPool(tf.zeros<Rank.R4>([0, 4, 4, 2]), 2, 2, "valid"),
      tf.avgPool(tf.zeros<Rank.R4>([0, 4, 4, 2]), 2, 2, "valid")
    ])
  })
})

describe("pools of volumes", () => {
  const volumes = fc.record({
    sizes: fc.tuple(
      fc.integer({ min: 3, max: 5 }),
      fc.integer({ min: 3, max: 5 }),
      fc.integer({ min: 3, max: 5 })
    ),
    c: fc.constantFrom(1, 3, 16),
    kernel: fc.integer({ min: 1, max: 3 }),
    strides: fc.tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 })
    ),
    pad: fc.oneof(fc.constantFrom("same" as const, "valid" as const), fc.nat(3)),
    seed: fc.nat(1000)
  })

  it("are those of tfjs, with the last of several maxima", () => {
    fc.assert(
      fc.property(volumes, ({ c, kernel, pad, seed, sizes, strides }) => {
        const x = () => repeated([2, ...sizes, c], seed)
        const max = (v: Tensor) => tf.maxPool3d(v as Tensor5D, kernel, strides, pad)
        const mean = (v: Tensor) => tf.avgPool3d(v as Tensor5D, kernel, strides, pad)
        assertSameOnBoth(() => [max(x()), mean(x()), gradient(max, x()), gradient(mean, x())])
      }),
      { numRuns: 12 }
    )
  })
})

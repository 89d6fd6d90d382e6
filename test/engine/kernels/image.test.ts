import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { assertSameOnBoth, library as tf, numbers, random, runOn } from "../../support/backends.ts"
import { afterConvolution } from "./after-convolution.ts"

const upTo = (max: number) => fc.integer({ min: 1, max })
const channels = fc.constantFrom(1, 3, 16, 17)

const image = (shape: ReadonlyArray<number>, seed: number) => random(shape, seed) as Tensor4D

const sizes = fc.record({
  n: upTo(3),
  h: upTo(7),
  w: upTo(7),
  c: channels,
  height: upTo(15),
  width: upTo(15),
  alignment: fc.constantFrom("none" as const, "corners" as const, "halves" as const),
  seed: fc.nat(1000)
})

const methods = {
  bilinear: (x: Tensor4D, size: [number, number], alignment: string) =>
    tf.image.resizeBilinear(x, size, alignment === "corners", alignment === "halves"),
  nearest: (x: Tensor4D, size: [number, number], alignment: string) =>
    tf.image.resizeNearestNeighbor(x, size, alignment === "corners", alignment === "halves")
}

describe.each(["bilinear", "nearest"] as const)("resizing (%s)", (method) => {
  const resize = methods[method]

  it("is that of tfjs", () => {
    fc.assert(
      fc.property(sizes, ({ alignment, c, h, height, n, seed, w, width }) =>
        assertSameOnBoth(() => resize(image([n, h, w, c], seed), [height, width], alignment))
      ),
      { numRuns: 25 }
    )
  })

  it("enlarges by whole factors behind a convolution, with the gradient of tfjs", () => {
    for (const factor of [1, 2, 3]) {
      for (const c of [3, 16, 32]) {
        const size: [number, number] = [5 * factor, 5 * factor]
        const body = (x: Tensor) => resize(afterConvolution(x) as Tensor4D, size, "none")
        assertSameOnBoth(() => {
          const x = image([1, 5, 5, c], factor)
          const slopes = image([1, ...size, c], 9)
          return [body(x), tf.grad((v) => body(v).mul(slopes).sum())(x)]
        })
      }
    }
  })

  it("has the gradient of tfjs for one square image", () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ c, h, height, seed, width }, alignCorners) => {
        // With one pixel between two corners tfjs's nearest-neighbour gradient never ends.
        const alignment = alignCorners && h > 1 ? "corners" : "none"
        assertSameOnBoth(() => {
          const slopes = image([1, height, width, c], seed + 1)
          return tf.grad((x) =>
            resize(x as Tensor4D, [height, width], alignment)
              .mul(slopes)
              .sum()
          )(image([1, h, h, c], seed))
        })
      }),
      { numRuns: 15 }
    )
  })

  it("has as its gradient the transposed map, for every batch, shape and alignment", () => {
    fc.assert(
      fc.property(sizes, ({ alignment, c, h, height, n, seed, w, width }) => {
        // <dy, A x> = <Aᵀ dy, x>
        const [one, other] = runOn("onnx", () => {
          const x = image([n, h, w, c], seed)
          const dy = image([n, height, width, c], seed + 1)
          const map = (v: Tensor) => resize(v as Tensor4D, [height, width], alignment)
          const back = tf.grad((v) => map(v).mul(dy).sum())(x)
          return [map(x).mul(dy).sum(), back.mul(x).sum()]
        }).map(({ values }) => values[0])
        assert.closeTo(one!, other!, 1e-4 * Math.max(1, n * height * width * c) ** 0.5)
      }),
      { numRuns: 15 }
    )
  })

  it("leaves NaN where it is", () => {
    const values = numbers(25, 3)
    values[7] = NaN
    for (const size of [
      [9, 8],
      [3, 4]
    ] as Array<[number, number]>) {
      assertSameOnBoth(() => resize(tf.tensor(values, [1, 5, 5, 1]) as Tensor4D, size, "none"))
    }
  })

  it("takes whole numbers", () => {
    const values = [2 ** 24 + 1, 1, 2, 3]
    assertSameOnBoth(() =>
      resize(tf.tensor(values, [1, 2, 2, 1], "int32") as Tensor4D, [3, 4], "none")
    )
  })
})

describe("cropAndResize", () => {
  const crops = fc.record({
    n: upTo(3),
    h: upTo(6),
    w: upTo(6),
    c: fc.constantFrom(1, 3),
    boxes: fc.array(
      fc.tuple(
        fc.array(fc.integer({ min: -2, max: 6 }), { minLength: 4, maxLength: 4 }),
        fc.nat(3)
      ),
      { minLength: 1, maxLength: 4 }
    ),
    size: fc.tuple(upTo(5), upTo(5)),
    method: fc.constantFrom("bilinear" as const, "nearest" as const),
    fill: fc.constantFrom(0, -3, Infinity)
  })

  it("is that of tfjs", () => {
    fc.assert(
      fc.property(crops, ({ boxes, c, fill, h, method, n, size, w }) =>
        assertSameOnBoth(() => {
          const corners = tf.tensor2d(boxes.map(([box]) => box.map((value) => value / 4)))
          const items = tf.tensor1d(
            boxes.map(([, item]) => item),
            "int32"
          )
          return tf.image.cropAndResize(image([n, h, w, c], 1), corners, items, size, method, fill)
        })
      ),
      { numRuns: 25 }
    )
  })

  it("takes boxes with NaN and without images", () => {
    assertSameOnBoth(() => [
      tf.image.cropAndResize(
        image([1, 3, 3, 1], 1),
        tf.tensor2d([[0, 0, NaN, 1]]),
        tf.tensor1d([0], "int32"),
        [2, 2]
      ),
      tf.image.cropAndResize(
        image([1, 3, 3, 1], 1),
        tf.zeros([0, 4]) as Tensor2D,
        tf.zeros([0], "int32"),
        [2, 2]
      )
    ])
  })
})

describe("transform", () => {
  const transforms = fc.record({
    h: upTo(6),
    w: upTo(6),
    c: fc.constantFrom(1, 3),
    out: fc.option(fc.tuple(upTo(6), upTo(6)), { nil: undefined }),
    numbers: fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 8, maxLength: 8 }),
    interpolation: fc.constantFrom("nearest" as const, "bilinear" as const),
    mode: fc.constantFrom("constant", "reflect", "wrap", "nearest"),
    fill: fc.constantFrom(0, 2.5)
  })

  it("is that of tfjs", () => {
    fc.assert(
      fc.property(transforms, ({ c, fill, h, interpolation, mode, numbers: all, out, w }) =>
        assertSameOnBoth(() =>
          tf.image.transform(
            image([1, h, w, c], 1),
            tf.tensor2d([all.map((value, at) => value / (at < 6 ? 4 : 64))]),
            interpolation,
            mode,
            fill,
            out
          )
        )
      ),
      { numRuns: 40 }
    )
  })

  it("transforms each image of a batch by its own numbers", () => {
    const rows = [
      [1, 0, 1, 0, 1, 0, 0, 0],
      [0, 1, 0, 1, 0, 0.5, 0, 0]
    ]
    const [together] = runOn("onnx", () =>
      tf.image.transform(image([2, 4, 4, 2], 1), tf.tensor2d(rows), "bilinear")
    )
    const apart = rows.flatMap((row, item) => {
      const [one] = runOn("cpu", () =>
        tf.image.transform(
          image([2, 4, 4, 2], 1).slice([item, 0, 0, 0], [1, 4, 4, 2]),
          tf.tensor2d([row]),
          "bilinear"
        )
      )
      return one!.values
    })
    together!.values.forEach((value, at) => assert.closeTo(value, apart[at]!, 1e-5))
  })
})

describe("mirroring and turning", () => {
  it("are those of tfjs", () => {
    for (const c of [1, 4, 16]) {
      assertSameOnBoth(() =>
        tf.image.flipLeftRight(afterConvolution(image([2, 3, 4, c], 1)) as Tensor4D)
      )
      for (const fill of [0, 0.5, [1, 2, 3]] as Array<number | [number, number, number]>) {
        if (Array.isArray(fill) && c === 16) continue
        assertSameOnBoth(() =>
          tf.image.rotateWithOffset(image([2, 5, 6, c], 1), 0.7, fill, [0.4, 0.6])
        )
      }
    }
  })
})

/** Borders, repetition, order: pad, mirrorPad, tile, broadcastTo, reverse, transpose, and what is made of them. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { assertSameOnBoth, library as tf, random } from "../../support/backends.ts"
import { afterConvolution } from "./after-convolution.ts"
import { assertSameForAll } from "./same-for-all.ts"

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 })
/** Under another name: the linter takes it for that of arrays. */
const filled = tf.fill
const dtypes = fc.constantFrom("float32" as const, "int32" as const, "bool" as const)

const weighted = (y: Tensor): Tensor => y.mul(random(y.shape, 3)).sum()
const gradient = (f: (x: Tensor) => Tensor, x: Tensor): Tensor => tf.grad((v) => weighted(f(v)))(x)

describe("pad", () => {
  const padded = shapes.chain((shape) =>
    fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.tuple(fc.nat(2), fc.nat(2)))))
  )

  it("puts a number around a tensor", () => {
    const cases = fc.tuple(padded, dtypes, fc.constantFrom(0, 1, -2.5))
    assertSameForAll(cases, ([[shape, paddings], dtype, value]) => [
      random(shape, 1)
        .mul(3)
        .cast(dtype)
        .pad(paddings, dtype === "float32" ? value : Math.sign(Math.abs(value))),
      gradient((x) => x.pad(paddings, value), random(shape, 1))
    ])
  })

  it("keeps infinities and NaN apart", () => {
    assertSameOnBoth(() =>
      [Number.NaN, Infinity, -Infinity].map((value) => tf.pad1d(tf.tensor1d([1]), [1, 1], value))
    )
  })

  it("puts borders around images as convolutions leave them", () => {
    for (const channels of [
      [0, 0],
      [8, 16],
      [3, 1]
    ] as Array<[number, number]>) {
      assertSameOnBoth(() =>
        afterConvolution(random([2, 3, 4, 16], 1))
          .pad([[1, 0], [2, 1], [0, 3], channels], 0.5)
          .mul(2)
      )
    }
  })

  it("fills what comes from nothing", () => {
    assertSameOnBoth(() => [
      tf.zeros([0, 2]).pad(
        [
          [1, 2],
          [0, 1]
        ],
        7
      ),
      tf.zeros([2]).pad([[0, 0]], 7),
      random([2, 0, 3], 1).pad([
        [0, 0],
        [0, 0],
        [1, 1]
      ])
    ])
  })
})

describe("mirrorPad", () => {
  it("repeats the inside of a tensor around it", () => {
    const cases = fc
      .array(fc.integer({ min: 2, max: 4 }), { minLength: 1, maxLength: 4 })
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.tuple(...shape.map((dim) => fc.tuple(fc.nat(dim - 1), fc.nat(dim - 1))))
        )
      )
    const modes = fc.constantFrom("reflect" as const, "symmetric" as const)
    assertSameForAll(fc.tuple(cases, modes), ([[shape, paddings], mode]) =>
      tf.mirrorPad(random(shape, 1), paddings, mode)
    )
  })

  it("works on images as convolutions leave them", () => {
    for (const channels of [
      [0, 0],
      [1, 2]
    ] as Array<[number, number]>) {
      assertSameOnBoth(() =>
        tf.mirrorPad(
          afterConvolution(random([1, 3, 4, 8], 1)),
          [[0, 0], [1, 2], [2, 0], channels],
          "symmetric"
        )
      )
    }
  })
})

describe("tile and broadcastTo", () => {
  it("repeat a tensor, and their gradients add up", () => {
    const cases = fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 })
      .chain((shape) =>
        fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.nat(3))), dtypes)
      )
    assertSameForAll(cases, ([shape, reps, dtype]) =>
      random(shape, 1).mul(3).cast(dtype).tile(reps)
    )
    assertSameOnBoth(() => [
      gradient((x) => x.tile([3, 1, 2]), random([2, 3, 1], 1)),
      gradient((x) => tf.broadcastTo(x, [4, 2, 3]), random([2, 1], 1)),
      tf.broadcastTo(tf.scalar(3, "int32"), [2, 2])
    ])
  })
})

describe("reverse", () => {
  it("turns axes around", () => {
    const cases = fc.record({
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      turned: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      dtype: dtypes
    })
    assertSameForAll(cases, ({ dtype, shape, turned }) => {
      const axes = shape.flatMap((_, axis) => (turned[axis] ? [axis - shape.length] : []))
      return random(shape, 1).mul(3).cast(dtype).reverse(axes)
    })
    assertSameOnBoth(() => [
      gradient((x) => x.reverse([0]), random([3, 2], 1)),
      tf.reverse(tf.range(0, 3000)),
      tf.range(0, 3000).reshape([1500, 2]).reverse(0),
      afterConvolution(random([2, 3, 4, 8], 1))
        .reverse([1, 2])
        .mul(2),
      afterConvolution(random([2, 3, 4, 8], 1))
        .reverse([0, 3])
        .mul(2)
    ])
  })
})

describe("transpose and reshape", () => {
  it("move axes, and have gradients", () => {
    const cases = shapes.chain((shape) => {
      const all = { minLength: shape.length, maxLength: shape.length }
      return fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], all), dtypes)
    })
    assertSameForAll(cases, ([shape, perm, dtype]) => [
      random(shape, 1).mul(3).cast(dtype).transpose(perm),
      gradient((x) => x.transpose(perm), random(shape, 1))
    ])
  })

  it("move the channels of images as convolutions leave them", () => {
    const image = () => afterConvolution(random([2, 3, 4, 8], 1))
    assertSameOnBoth(() => [
      image().transpose([0, 3, 1, 2]),
      image().transpose([0, 3, 1, 2]).transpose([0, 2, 3, 1]),
      afterConvolution(random([2, 8, 3, 4], 1).transpose([0, 2, 3, 1])),
      image().transpose([0, 2, 1, 3]).mul(2),
      image().reshape([2, 3, 4, 8]).mul(2),
      image().reshape([2, 12, 8]),
      image().expandDims(-1).squeeze(),
      tf.expandDims(tf.scalar(2), 0)
    ])
  })

  it("refuse a shape of another size", () => {
    void tf.setBackend("onnx")
    assert.throws(() => tf.zeros([2, 3]).reshape([5]), /same number of elements/)
  })
})

describe("space and batch, space and depth", () => {
  it("are as tfjs has them, with gradients", () => {
    assertSameOnBoth(() => [
      tf.spaceToBatchND(
        random([2, 4, 5, 3], 1),
        [2, 3],
        [
          [0, 2],
          [1, 0]
        ]
      ),
      tf.batchToSpaceND(
        random([12, 2, 3, 2], 1),
        [2, 3],
        [
          [1, 0],
          [2, 1]
        ]
      ),
      gradient((x) => tf.spaceToBatchND(x, [2], [[1, 1]]), random([2, 4, 3], 1)),
      gradient((x) => tf.batchToSpaceND(x, [2], [[1, 1]]), random([4, 4, 3], 1)),
      tf.depthToSpace(random([2, 3, 4, 12], 1) as Tensor4D, 2, "NHWC"),
      tf.signal.frame(tf.range(0, 10), 3, 2, true, 1),
      tf.diag(random([2, 3], 1)),
      tf.diag(tf.tensor1d([1, 0, 1], "bool")),
      tf.diag(tf.zeros([0]))
    ])
  })
})

describe("tensors from numbers", () => {
  it("are known in shape and type", () => {
    assertSameOnBoth(() => [
      tf.range(0, 5),
      tf.range(5, 0),
      tf.range(5, 0, -2, "int32"),
      tf.range(1, 4, 0.5),
      tf.range(3, 3),
      tf.range(0, 4, -1),
      tf.linspace(-1, 2, 7),
      tf.linspace(3, 3, 1),
      filled([2, 3], 1, "bool"),
      filled([2], -7, "int32"),
      filled([2], Number.NaN),
      filled([0, 2], 3),
      tf.eye(3, 4, [2]),
      tf.zerosLike(random([2], 1)),
      tf.onesLike(tf.zeros([3], "int32"))
    ])
  })

  it("are data: other numbers do not need another program", () => {
    void tf.setBackend("onnx")
    const double = (from: number) =>
      tf.tidy(() =>
        Array.from(
          tf
            .range(from, from + 3)
            .mul(2)
            .dataSync()
        )
      )
    assert.deepStrictEqual(double(0), [0, 2, 4])
    assert.deepStrictEqual(double(10), [20, 22, 24])
  })

  it("change their type as tfjs has it", () => {
    const values = [0, 1.9, -1.9, 300, -0.2]
    assertSameOnBoth(() => [
      tf.tensor1d(values).cast("int32"),
      tf.tensor1d(values).cast("bool"),
      tf.tensor1d([0, 1, 0], "bool").cast("int32"),
      tf.tensor1d([3, -4], "int32").cast("float32"),
      filled([2], -1.5).cast("int32"),
      filled([2], -1.5).cast("bool"),
      tf.zeros([0]).cast("int32") as Tensor
    ])
  })
})

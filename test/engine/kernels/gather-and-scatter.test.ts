/** Reading and writing by indices. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor } from "@tensorflow/tfjs"
import { assertSameOnBoth, library as tf, numbers, random } from "../../support/backends.ts"
import { afterConvolution } from "./after-convolution.ts"
import { assertSameForAll } from "./same-for-all.ts"

const dtypes = fc.constantFrom("float32" as const, "int32" as const, "bool" as const)
const size = (shape: ReadonlyArray<number>): number => shape.reduce((a, b) => a * b, 1)

/** Whole numbers in [0, limit), fixed by the seed. */
const places = (shape: ReadonlyArray<number>, limit: number, seed: number): Tensor =>
  tf.tensor(
    Int32Array.from(numbers(size(shape), seed), (value) => Math.floor(((value + 1) / 2) * limit)),
    [...shape],
    "int32"
  )

describe("gather", () => {
  const cases = fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
    indices: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
    place: fc.nat(4),
    dtype: dtypes,
    seed: fc.nat(99)
  })

  it("takes slices along an axis", () => {
    assertSameForAll(cases, ({ dtype, indices, place, seed, shape }) => {
      const axis = place % shape.length
      const at = places(indices, shape[axis]!, seed)
      return random(shape, seed).mul(3).cast(dtype).gather(at, axis)
    })
  })

  it("takes slices of each batch", () => {
    const batched = fc.record({
      batches: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
      outer: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      inner: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      indices: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      seed: fc.nat(99)
    })
    assertSameForAll(batched, ({ batches, indices, inner, outer, seed }) => {
      const x = random([...batches, ...outer, 4, ...inner], seed)
      const at = places([...batches, ...indices], 4, seed)
      return tf.gather(x, at, batches.length + outer.length, batches.length)
    })
  })

  it("has a gradient, which adds up what was taken twice", () => {
    assertSameForAll(cases, ({ place, seed, shape }) => {
      const axis = place % shape.length
      const at = places([5], shape[axis]!, seed)
      return tf.grad((x) => {
        const y = x.gather(at, axis)
        return y.mul(random(y.shape, 2)).sum()
      })(random(shape, seed))
    })
  })

  it("takes parts of images as convolutions leave them", () => {
    for (const axis of [0, 1, 2, 3]) {
      assertSameOnBoth(() => [
        afterConvolution(random([3, 3, 4, 8], 1))
          .gather(places([5], 3, 1), axis)
          .mul(2),
        afterConvolution(random([3, 3, 4, 8], 1)).gather(places([2, 2], 3, 1), axis)
      ])
    }
  })

  it("says which index is out of range", () => {
    void tf.setBackend("onnx")
    tf.tidy(() => {
      assert.throws(() => tf.zeros([3]).gather([0, 3]), /index value 3 is not in \[0, 2\]/)
      assert.throws(() => tf.zeros([3]).gather([-1]), /index value -1/)
    })
  })
})

describe("gatherND and scatterND", () => {
  const cases = fc
    .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        length: fc.integer({ min: 1, max: shape.length }),
        vectors: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 2 }),
        dtype: fc.constantFrom("float32" as const, "int32" as const),
        seed: fc.nat(99)
      })
    )
  const indices = (
    shape: ReadonlyArray<number>,
    length: number,
    vectors: ReadonlyArray<number>,
    seed: number
  ) =>
    tf.stack(
      shape.slice(0, length).map((dim, axis) => places(vectors, dim, seed + axis)),
      vectors.length
    )

  it("read and write slices at index vectors; those of one place are added", () => {
    assertSameForAll(cases, ({ dtype, length, seed, shape, vectors }) => {
      const at = indices(shape, length, vectors, seed)
      const update = random([...vectors, ...shape.slice(length)], seed)
        .mul(9)
        .cast(dtype)
      const x = random(shape, seed).mul(9).cast(dtype)
      return [
        tf.gatherND(x, at),
        tf.scatterND(at, update, shape),
        tf.tensorScatterUpdate(x, at, update)
      ]
    })
  })

  it("fill a dense tensor", () => {
    assertSameOnBoth(() => [
      tf.sparseToDense([1, 3], [5.5, 6], [5], -1),
      tf.sparseToDense(
        [
          [0, 1],
          [2, 0]
        ],
        tf.tensor1d([5, 6], "int32"),
        [3, 2],
        tf.scalar(9, "int32")
      ),
      tf.sparseToDense(2, 7, [4], 0),
      tf.sparseToDense([0, 2], 7, [4], 0),
      tf.sparseToDense([1], tf.tensor1d([true], "bool"), [3], tf.scalar(false, "bool"))
    ])
  })

  it("says which index is out of range", () => {
    void tf.setBackend("onnx")
    tf.tidy(() => {
      assert.throws(() => tf.scatterND([[4]], [1], [3] as never), /Invalid indices: 4/)
      assert.throws(() => tf.gatherND(tf.zeros([2, 2]), [[0, 2]]), /Invalid indices: 2/)
    })
  })
})

describe("unsortedSegmentSum", () => {
  it("adds what belongs together and leaves out what belongs nowhere", () => {
    const cases = fc.record({
      count: fc.integer({ min: 0, max: 6 }),
      rest: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      segments: fc.integer({ min: 1, max: 4 }),
      dtype: fc.constantFrom("float32" as const, "int32" as const),
      seed: fc.nat(99)
    })
    assertSameForAll(cases, ({ count, dtype, rest, seed, segments }) =>
      // The cpu kernel makes floats of whole numbers.
      tf
        .unsortedSegmentSum(
          random([count, ...rest], seed)
            .mul(9)
            .cast(dtype),
          places([count], segments + 2, seed).sub(tf.scalar(1, "int32")),
          segments
        )
        .cast(dtype)
    )
  })

  // tfjs's own kernel goes through all rows once for each segment.
  const sumsOf = (
    rows: Float32Array,
    ids: Int32Array,
    segments: number,
    width: number
  ): Float64Array => {
    const sums = new Float64Array(segments * width)
    for (const [row, id] of ids.entries()) {
      for (let at = 0; at < width; at++) sums[id * width + at]! += rows[row * width + at]!
    }
    return sums
  }

  it("adds many rows to few and to many segments, with the same bits each time", () => {
    void tf.setBackend("onnx")
    const [count, width] = [2000, 64]
    const rows = numbers(count * width, 1)
    for (const segments of [8, 3000]) {
      const ids = Int32Array.from(
        { length: count },
        (_, row) => (row * 7) % (segments === 8 ? 8 : 40)
      )
      const run = () =>
        tf.tidy(() =>
          tf
            .unsortedSegmentSum(
              tf.tensor2d(rows, [count, width]),
              tf.tensor1d(ids, "int32"),
              segments
            )
            .dataSync()
        )
      const sums = run()
      const expected = sumsOf(rows, ids, segments, width)
      assert.ok(sums.every((value, at) => Math.abs(value - expected[at]!) < 1e-4))
      for (let again = 0; again < 5; again++) assert.deepStrictEqual(run(), sums)
    }
  })

  it("refuses ids of another length", () => {
    void tf.setBackend("onnx")
    tf.tidy(() => {
      const ids = tf.tensor1d([0, 1], "int32")
      assert.throws(
        () => tf.unsortedSegmentSum(tf.zeros([3]), ids, 2),
        /segmentIds has the shape \[2\]/
      )
    })
  })
})

describe("oneHot", () => {
  it("marks the indices, in any type", () => {
    assertSameOnBoth(() => [
      tf.oneHot(tf.tensor1d([0, 2, -1, 5], "int32"), 3),
      tf.oneHot(tf.scalar(1, "int32"), 2, 4, -3),
      tf.oneHot(places([2, 3], 4, 1), 4, 0.5, -0.5, "float32"),
      tf.oneHot(places([2, 3], 4, 1), 4, 1, 0, "float32"),
      tf.oneHot(places([5], 4, 1), 4, 1, 0, "bool"),
      tf.oneHot(places([5], 4, 1), 4, 0, 1, "bool"),
      tf.oneHot(tf.tensor1d([], "int32"), 3)
    ])
  })
})

/** What is computed on two engines and compared: kernels that take another way on WebGPU, and those that were wrong there. */
import type { Tensor, Tensor4D, Tensor5D } from "@tensorflow/tfjs"
import { uniform } from "#src/engine/random/streams.ts"
import { tf } from "#src/engine/tf.ts"

type Shape = ReadonlyArray<number>

const sizeOf = (shape: Shape): number => shape.reduce((size, dim) => size * dim, 1)

/** In [-1, 1). */
const numbers = (shape: Shape, seed: number): Float32Array =>
  uniform(seed, "test", sizeOf(shape)).map((draw) => 2 * draw - 1)

export const random = (shape: Shape, seed = 1): Tensor =>
  tf.tensor(numbers(shape, seed), [...shape])
const positive = (shape: Shape): Tensor => tf.add(tf.abs(random(shape)), 0.1)
const integers = (shape: Shape): Tensor =>
  tf.tensor(
    Int32Array.from(numbers(shape, 1), (x) => x * 20),
    [...shape],
    "int32"
  )
const truths = (shape: Shape, seed = 1): Tensor => tf.greater(random(shape, seed), 0)

const small = [2, 3, 4]

export const computations: Readonly<Record<string, () => Tensor | ReadonlyArray<Tensor>>> = {
  "sum, mean, max, min, prod over axes": () => [
    tf.sum(random([3, 5, 7]), 1),
    tf.mean(random([3, 5, 7]), [0, 2]),
    tf.max(random([3, 5, 7]), [1, 2]),
    tf.min(random([3, 5, 7])),
    tf.prod(random(small), 2)
  ],
  "max of NaN": () => tf.max(tf.tensor2d([Number.NaN, 1, 2, 3], [2, 2]), 1),
  "all, any": () => [
    tf.all(truths(small), 1),
    tf.any(truths(small), 2),
    tf.all(truths(small)),
    tf.any(tf.zeros(small, "bool"))
  ],
  "or, xor, and, not": () => [
    tf.logicalOr(truths(small), truths([4], 2)),
    tf.logicalXor(truths(small), truths([4], 2)),
    tf.logicalAnd(truths(small), truths([4], 2)),
    tf.logicalNot(truths(small))
  ],
  "isNaN, isInf": () => {
    const x = tf.tensor1d([1, Number.NaN, Infinity, -Infinity, 0])
    return [tf.isNaN(x), tf.isInf(x), tf.isFinite(x)]
  },
  "pow with broadcasting": () => [
    tf.pow(positive(small), random([3, 1], 2)),
    tf.pow(positive([3, 1]), random(small, 2)),
    tf.pow(positive(small), 2.5)
  ],
  "erf, gelu, selu, silu, softmax": () => {
    const x = random(small)
    const gelu = tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
    return [tf.erf(x), gelu, tf.selu(x), tf.mul(x, tf.sigmoid(x)), tf.softmax(x), tf.logSoftmax(x)]
  },
  "split into forty": () => tf.split(random([80]), 40),
  "concat, slice, gather, where, tile, pad, reverse, cumsum": () => {
    const x = random(small)
    return [
      tf.concat(
        Array.from({ length: 20 }, (_, seed) => random([2, 1 + (seed % 3)], seed)),
        1
      ),
      tf.slice(x, [0, 1, 1], [2, 1, 2]),
      tf.gather(x, tf.tensor1d([2, 0], "int32"), 1),
      tf.where(truths(small), x, tf.zerosLike(x)),
      tf.tile(x, [2, 1, 3]),
      tf.pad(x, [
        [1, 0],
        [0, 2],
        [1, 1]
      ]),
      tf.reverse(x, 1),
      tf.cumsum(x, 1, true, true)
    ]
  },
  "kernels that the CPU computes": () => [
    tf.round(tf.mul(random(small), 5)),
    tf.mod(random(small), 0.3),
    tf.floorDiv(integers(small), tf.scalar(3, "int32")),
    tf.argMax(random(small), 1),
    tf.topk(random([3, 8]), 3).indices,
    tf.concat([truths(small), truths(small)], 1)
  ],
  "matrix products": () => [
    tf.matMul(random([5, 33]), random([33, 7], 2)),
    tf.matMul(random([33, 5]), random([7, 33], 2), true, true),
    tf.matMul(random([2, 5, 8]), random([2, 7, 8], 2), false, true)
  ],
  // Channels by threes, in the filter's gradient also images by threes.
  ...Object.fromEntries(
    (
      [
        [[1, 8, 8, 3], 4, 3, 1, "same"],
        [[2, 7, 8, 6], 8, 3, 1, "same"],
        [[6, 8, 7, 4], 8, 3, 2, "same"],
        [[9, 5, 6, 9], 12, 2, 2, "valid"],
        [[3, 6, 6, 8], 6, 3, 2, 1],
        // One pixel, and a window that is the image: products.
        [[2, 6, 6, 4], 4, 1, 2, "same"],
        [[2, 2, 2, 4], 4, 2, 1, "same"],
        [[2, 5, 5, 3], 7, 5, 1, "valid"]
      ] as const
    ).map(([shape, outputs, size, stride, pad]) => [
      `convolution of ${shape.join()} to ${outputs}, ${size}x${size} by ${stride}, ${pad}, and its gradients`,
      () =>
        withGradients(
          (x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, pad),
          random(shape),
          random([size, size, shape[3], outputs], 2)
        )
    ])
  ),
  ...Object.fromEntries(
    ([1, 2, 3, 4] as const).map((multiplier) => [
      `depthwise convolution times ${multiplier}, and its gradients`,
      () =>
        withGradients(
          (x, filter) => tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, 2, "same"),
          random([2, 7, 6, 3]),
          random([3, 3, 3, multiplier], 2)
        )
    ])
  ),
  "transposed convolution, and its gradients": () =>
    withGradients(
      (x, filter) => tf.conv2dTranspose(x as Tensor4D, filter as Tensor4D, [3, 8, 8, 6], 2, "same"),
      random([3, 4, 4, 8]),
      random([4, 4, 6, 8], 2)
    ),
  "convolution of volumes, and its gradients": () =>
    withGradients(
      (x, filter) => tf.conv3d(x as Tensor5D, filter as Tensor5D, [2, 1, 2], "same"),
      random([2, 5, 4, 4, 3]),
      random([3, 2, 3, 3, 4], 2)
    ),
  "max pool, its gradient and its places": () => {
    const x = random([2, 7, 6, 3]) as Tensor4D
    const pool = (from: Tensor4D) => tf.maxPool(from, 3, 2, "same")
    const { indexes, result } = tf.maxPoolWithArgmax(x, [2, 3], 2, "same", true)
    return [pool(x), tf.grad(pool as (x: Tensor) => Tensor)(x), indexes!, result!]
  },
  "max pool of volumes, and its gradient": () => {
    const x = random([1, 4, 5, 4, 2])
    const pool = (from: Tensor) => tf.maxPool3d(from as Tensor5D, 2, 2, "same")
    return [pool(x), tf.grad(pool)(x)]
  },
  "mean pool, resizing, and their gradients": () => {
    const x = random([2, 6, 6, 3])
    return [
      (from: Tensor) => tf.avgPool(from as Tensor4D, 3, 2, "same"),
      (from: Tensor) => tf.image.resizeBilinear(from as Tensor4D, [9, 5]),
      (from: Tensor) => tf.image.resizeNearestNeighbor(from as Tensor4D, [12, 12])
    ].flatMap((f) => [f(x), tf.grad(f)(x)])
  }
}

const withGradients = (
  f: (x: Tensor, filter: Tensor) => Tensor,
  x: Tensor,
  filter: Tensor
): ReadonlyArray<Tensor> => [
  f(x, filter),
  ...tf.grads((a: Tensor, b: Tensor) => tf.square(f(a, b)))([x, filter])
]

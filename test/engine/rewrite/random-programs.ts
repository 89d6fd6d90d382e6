/** Random small programs of plain TensorFlow.js ops, of the kinds that the rewrites look for. */
import * as fc from "fast-check"
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { library as tf, random } from "../../support/backends.ts"

export interface RandomProgram {
  readonly shape: readonly [n: number, h: number, w: number, c: number]
  readonly steps: ReadonlyArray<Step>
  /** Which of the images that the steps make are results, beside all sums. */
  readonly results: ReadonlyArray<number>
  /** Whether the gradient by the input is a result, too. */
  readonly differentiated: boolean
}

/** One step makes a new image or a sum from earlier ones; the numbers choose among what is possible there. */
interface Step {
  readonly kind: keyof typeof kinds
  readonly a: number
  readonly b: number
  readonly k: number
  readonly flipped: boolean
}

interface Pool {
  readonly images: Array<Tensor4D>
  readonly sums: Array<Tensor>
}

type Unary = (x: Tensor4D) => Tensor

const root = Math.SQRT1_2
const unaries: ReadonlyArray<Unary> = [
  (x) => x.neg(),
  (x) => x.mul(0.5).square(),
  (x) => x.sigmoid(),
  (x) => x.tanh(),
  // The exact GELU, in several spellings; the last is none.
  (x) => x.mul(0.5).mul(x.mul(root).erf().add(1)),
  (x) => tf.mul(tf.add(1, tf.erf(tf.mul(root, x))), tf.mul(0.5, x)),
  (x) => x.mul(0.5).mul(x.mul(root).erf().add(2)),
  (x) => x.mul(x.sigmoid()),
  (x) => x.sigmoid().mul(x),
  (x) => {
    const gate = x.sigmoid()
    return x.mul(gate).add(gate)
  },
  (x) => x.mul(2).mul(0.25).mul(3)
]

const numbers = [0, 1, -1, 2, 0.5, root, 0.3, 3] as const

/** Shapes that broadcast to an image, most of them of coefficients. */
const coefficientShapes = ([n, h, w, c]: ReadonlyArray<number>): ReadonlyArray<
  ReadonlyArray<number>
> => [
  [],
  [1],
  [c!],
  [c!],
  [1, c!],
  [1, 1, 1, c!],
  [n!, 1, 1, c!],
  [n!, 1, 1, c!],
  [n!, 1, 1, 1],
  [1, h!, w!, 1],
  [w!, 1],
  [w!, c!],
  [n!, h!, w!, c!]
]

const combine = (x: Tensor, y: Tensor, { flipped, k }: Step): Tensor => {
  const [a, b] = flipped ? [y, x] : [x, y]
  switch (k % 4) {
    case 0:
      return tf.add(a, b)
    case 1:
      return tf.sub(a, b)
    case 2:
      return tf.mul(a, b)
    default:
      // Nothing is divided by an image, which may be near zero.
      return tf.div(x, tf.add(tf.abs(y), 0.5))
  }
}

const axes = [[1, 2], [0, 1, 2], [0, 1, 2], [3], [0], [1], [0, 1, 2, 3], [2, 1]] as const

/** Weights that keep the size of what they are summed with. */
const filter = (shape: readonly [number, number, number, number], inputs: number, seed: number) =>
  tf.mul(random(shape, seed), 1 / Math.sqrt(shape[0] * shape[1] * inputs)) as Tensor4D

/** What a step makes of an image. */
const kinds = {
  unary: (_, x, { k }) => unaries[k % unaries.length]!(x),
  number: (_, x, step) => combine(x, tf.scalar(numbers[step.b % numbers.length]!), step),
  coefficients: (_, x, step) => {
    const shapes = coefficientShapes(x.shape)
    return combine(x, random(shapes[step.b % shapes.length]!, step.b), step)
  },
  two: ({ images }, x, step) => {
    const y = images[step.b % images.length]!
    return combine(x, y.shape.join() === x.shape.join() ? y : x, step)
  },
  conv: (_, x, { a, b, flipped, k }) => {
    const size = [1, 3][k % 2]!
    const inputs = x.shape[3]
    const outputs = [3, 16, 32, 1][b % 4]!
    const y = tf.conv2d(
      x,
      filter([size, size, inputs, outputs], inputs, a),
      flipped ? 2 : 1,
      "same"
    )
    return k % 3 === 0 ? tf.add(y, random([outputs], b)) : y
  },
  // The window is the whole image.
  wholeConv: (_, x, { a, b }) => {
    const [, h, w, inputs] = x.shape
    return tf.conv2d(x, filter([h, w, inputs, [3, 16][b % 2]!], inputs, a), 1, "valid")
  },
  transposed: (_, x, { a, b }) => {
    const [n, h, w, inputs] = x.shape
    if (h > 5) return x
    const outputs = [3, 16, 32][b % 3]!
    const weights = filter([4, 4, outputs, inputs], inputs, a)
    return tf.conv2dTranspose(x, weights, [n, 2 * h, 2 * w, outputs], 2, "same")
  },
  // What follows a convolution may become part of it.
  mapped: (_, x, { a, b, flipped, k }) => {
    const [n, h, w, c] = x.shape
    const weights = filter([3, 3, c, c], c, a)
    const y = flipped
      ? tf.conv2dTranspose(x, weights, [n, h, w, c], 1, "same")
      : tf.conv2d(x, weights, 1, "same")
    const scaled = k % 2 === 0 ? tf.mul(y, random([c], b)) : y
    const shifted = b % 2 === 0 ? tf.add(scaled, random([c], k)) : scaled
    return k % 3 === 0 ? tf.sub(x, shifted) : shifted
  },
  depthwise: (_, x, { a }) => tf.depthwiseConv2d(x, filter([3, 3, x.shape[3], 1], 1, a), 1, "same"),
  sum: ({ images, sums }, x, { b, flipped, k }) => {
    const y = images[b % images.length]!
    const summed = [
      x,
      x.square(),
      y.shape.join() === x.shape.join() ? x.mul(y) : x.mul(x),
      x.mul(0.3)
    ]
    const sum = tf.div(tf.sum(summed[k % 4]!, [...axes[b % axes.length]!], flipped), x.size / 16)
    sums.push(sum)
  },
  centred: (_, x, { b, k }) => {
    const over = [...axes[b % axes.length]!]
    const centred = tf.sub(x, tf.mean(x, over, true))
    const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), over, true), 0.5))
    return k % 2 === 0 ? centred : tf.div(centred, deviation)
  },
  reshape: (_, x, { flipped, k }) => {
    const [n, h, w, c] = x.shape
    const flat = x.reshape([n, h * w, c])
    const between = flipped ? flat.mul(random([c], k)) : flat
    return between.reshape([n * h, w, c]).reshape(x.shape)
  },
  transpose: (_, x, { flipped, k }) => {
    const perms = [
      [0, 3, 1, 2],
      [0, 2, 1, 3],
      [3, 0, 2, 1],
      [0, 1, 2, 3]
    ]
    const perm = perms[k % perms.length]!
    const turned = x.transpose(perm)
    const inverse = perm.map((_, axis) => perm.indexOf(axis))
    return (flipped ? turned.mul(random([turned.shape[3]!], k)) : turned).transpose(inverse)
  },
  filled: (_, x, { flipped, k }) => {
    const [, , , c] = x.shape
    const ones = tf.onesLike(x)
    const rows = random([c], k)
    return [
      () => (flipped ? tf.mul(ones, x) : tf.mul(x, ones)),
      () => tf.add(x, tf.zerosLike(x)),
      () => tf.mul(x, tf.mul(rows, ones)),
      () => tf.add(tf.broadcastTo(rows, x.shape), x),
      () => tf.sub(tf.broadcastTo(tf.scalar(0.3), x.shape), x),
      () => tf.mul(x, tf.mul(tf.broadcastTo(rows, x.shape), 0.5))
    ][k % 6]!()
  },
  joined: (_, x, { flipped, k }) => {
    const [n, h, w, c] = x.shape
    const both = tf.concat([x, tf.mul(x, 0.3)], 3)
    return flipped ? both : tf.slice(both, [0, 0, 0, k % c], [n, h, w, c])
  },
  repeated: (_, x) => tf.add(tf.mul(x, 0.3), tf.mul(x, 0.3))
} satisfies Record<string, (pool: Pool, x: Tensor4D, step: Step) => Tensor | void>

const largestChannels = 48

const run = ({ steps }: RandomProgram, x: Tensor4D): Pool => {
  const pool: Pool = { images: [x], sums: [] }
  for (const step of steps) {
    const made = kinds[step.kind](pool, pool.images[step.a % pool.images.length]!, step)
    if (made === undefined || made.shape[3]! > largestChannels) continue
    pool.images.push(made as Tensor4D)
  }
  return pool
}

/** What a program is applied to. */
export const inputOf = ({ shape }: RandomProgram): Tensor4D => random(shape, 1) as Tensor4D

/**
 * The results of a program on the current backend; only they are left.
 *
 * @param observe sees everything that was made on the way
 */
export const evaluate = (
  program: RandomProgram,
  x: Tensor4D,
  observe: (made: Tensor) => void = () => {}
): ReadonlyArray<Tensor> =>
  tf.tidy(() => {
    const resultsOf = ({ images, sums }: Pool) => [
      ...program.results.map((index) => images[index % images.length]!),
      ...sums
    ]
    const pool = run(program, x)
    for (const made of [...pool.images, ...pool.sums]) observe(made)
    const results = resultsOf(pool)
    if (!program.differentiated) return results.map((result) => result.clone())
    const slope = tf.grad((x) =>
      tf.addN(
        resultsOf(run(program, x as Tensor4D)).map((result) =>
          tf.mean(tf.mul(result, random(result.shape, 2)))
        )
      )
    )(x)
    return [...results.map((result) => result.clone()), slope]
  })

export const programs: fc.Arbitrary<RandomProgram> = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom(1, 2, 5),
    fc.constantFrom(1, 2, 4),
    fc.constantFrom(3, 16, 32)
  ),
  steps: fc.array(
    fc.record({
      kind: fc.constantFrom<keyof typeof kinds>(
        ...(Object.keys(kinds) as ReadonlyArray<keyof typeof kinds>),
        // These have the most variants.
        ...(["unary", "unary", "number", "sum", "mapped"] as const)
      ),
      a: fc.nat(99),
      b: fc.nat(99),
      k: fc.nat(99),
      flipped: fc.boolean()
    }),
    { minLength: 1, maxLength: 10 }
  ),
  results: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
  differentiated: fc.boolean()
})

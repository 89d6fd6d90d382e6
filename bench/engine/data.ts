/** Random data of the shapes that the cases need, the same in every process; images have their channels last. */
import { block, type CaseSpec } from "./cases.ts"

export interface Filled {
  readonly shape: ReadonlyArray<number>
  readonly values: Float32Array
}

/** Flow matching: the network is given `(1 - t)·x0 + t·x1`, `t` and `c`, and asked for `x1 - x0`. */
export interface UNetBatch {
  /** Noise, `[N,28,28,1]`. */
  readonly x0: Filled
  /** Images, `[N,28,28,1]` in [0, 1]. */
  readonly x1: Filled
  /** Times, `[N,1]` in [0, 1]. */
  readonly t: Filled
  /** Classes, `[N,10]`, one-hot. */
  readonly c: Filled
}

/** `[N,16,16,256]` both. */
export interface BlockBatch {
  readonly x: Filled
  readonly target: Filled
}

/** As many as in `bench/torch/cases.py`, used in turn: one alone would soon be learnt by heart. */
const batches = 4

export const unetBatches = ({ batch }: Pick<CaseSpec, "batch">): ReadonlyArray<UNetBatch> => {
  const next = uniform()
  const images = [batch, 28, 28, 1]
  return Array.from({ length: batches }, () => {
    const c = new Float32Array(batch * 10)
    for (let item = 0; item < batch; item++) c[item * 10 + Math.floor(next() * 10)] = 1
    return {
      x0: filled(images, normal(next)),
      x1: filled(images, next),
      t: filled([batch, 1], next),
      c: { shape: [batch, 10], values: c }
    }
  })
}

export const blockBatches = ({ batch }: Pick<CaseSpec, "batch">): ReadonlyArray<BlockBatch> => {
  const next = normal(uniform())
  const shape = [batch, block.size, block.size, block.channels]
  return Array.from({ length: batches }, () => ({
    x: filled(shape, next),
    target: filled(shape, next)
  }))
}

const filled = (shape: ReadonlyArray<number>, next: () => number): Filled => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((size, dim) => size * dim, 1) }, next)
})

/** In [0, 1). A linear congruential generator (Numerical Recipes): timing asks for no more. */
export const uniform = (seed = 180): (() => number) => {
  let state = seed
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
}

/** Sum of twelve uniforms less six: mean 0, deviation 1. */
const normal = (next: () => number) => () => {
  let sum = -6
  for (let term = 0; term < 12; term++) sum += next()
  return sum
}

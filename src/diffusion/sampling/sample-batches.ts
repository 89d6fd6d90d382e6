/** The loop of every sampler: batches, noise, steps, and the states that are kept. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { setImmediate } from "node:timers/promises"
import { normals } from "../../engine/random/streams.ts"
import type { LoopContext } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import { equalBatches } from "../equal-batches.ts"

/** The walk of one batch from noise to samples. */
export interface Walk {
  /** Where it starts, a tensor for the loop to free; absent: at noise. */
  readonly start?: Tensor4D
  /** x after step `step` (0, 1, …) from x before it, which it leaves alone; a new tensor. */
  readonly step: (x: Tensor4D, step: number) => Tensor4D
  /** Frees what the walk holds. */
  readonly dispose: () => void
}

export interface SamplingRequest {
  /** How many samples. */
  readonly count: number
  /** Of one sample. */
  readonly shape: readonly [height: number, width: number, channels: number]
  readonly seed: number
  /** The most samples that are computed together; not part of the result. */
  readonly batchSize: number
  /** The fewest; see `equalBatches`. */
  readonly leastBatch?: 1 | 2
  readonly steps: number
  /** The states to keep, each by the number of steps before it: 0 is the noise, `steps` the samples. */
  readonly keep: ReadonlyArray<number>
  /** Starts a batch; `items` are the numbers of its samples. */
  readonly begin: (items: ReadonlyArray<number>) => Walk
}

/** The random stream of the noise that samples start from; sample k is its item k. */
export const initialStream = "sample noise"

/**
 * Walks all samples from their noise.
 *
 * Sample k starts from item k of the stream "sample noise", so it is the same alone and among others, for every
 * checkpoint and every variant.
 *
 * @returns for each state kept, the samples row-major `[count,height,width,channels]`, not clipped to any range
 */
export const sampleBatches = async (
  { batchSize, begin, count, keep, leastBatch, seed, shape, steps }: SamplingRequest,
  { progress, signal }: LoopContext
): Promise<ReadonlyArray<Float32Array<ArrayBuffer>>> => {
  const size = shape[0] * shape[1] * shape[2]
  const kept = keep.map(() => new Float32Array(count * size))
  const batches = equalBatches(count, batchSize, leastBatch)
  for (const [number, { items, real }] of batches.entries()) {
    const walk = begin(items)
    let x = walk.start ?? noiseBatch(seed, initialStream, items, shape)
    const keepState = (done: number) => {
      for (const [index, wanted] of keep.entries()) {
        if (wanted !== done) continue
        kept[index]!.set(x.dataSync().subarray(0, real * size), items[0]! * size)
      }
    }
    try {
      keepState(0)
      for (let step = 0; step < steps; step++) {
        signal.throwIfAborted()
        const next = walk.step(x, step)
        x.dispose()
        x = next
        keepState(step + 1)
        progress(number * steps + step + 1, batches.length * steps, "steps")
        // Between steps the process can hear an interruption.
        await setImmediate()
      }
    } finally {
      x.dispose()
      walk.dispose()
    }
  }
  return kept
}

/** N(0, I) for each item of a batch, from its own place in the stream; `[N,H,W,C]`. */
export const noiseBatch = (
  seed: number,
  stream: string,
  items: ReadonlyArray<number>,
  shape: readonly [height: number, width: number, channels: number]
): Tensor4D => {
  const noise = normals(seed, stream, shape[0] * shape[1] * shape[2], items)
  return tf.tensor4d(noise, [items.length, ...shape])
}

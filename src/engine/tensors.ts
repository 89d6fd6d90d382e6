/** The way into the tensor engine and out of it: values are plain arrays, and no tensor outlives a computation. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { setImmediate } from "node:timers/promises"
import { tf } from "./tf.ts"

/** Images as arrays, row-major `[count, height, width, channels]`. */
export interface ImageArray {
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
  readonly data: Float32Array
}

/** A tensor of the images; the caller frees it, or calls this inside `compute`. */
export const toTensor = ({ data, shape }: ImageArray): Tensor4D => tf.tensor4d(data, [...shape])

/** One image of several, as a batch of one that shares their memory. */
export const imageAt = ({ data, shape }: ImageArray, index: number): ImageArray => {
  const [, height, width, channels] = shape
  const size = height * width * channels
  return {
    shape: [1, height, width, channels],
    data: data.subarray(index * size, (index + 1) * size)
  }
}

/**
 * Runs `body` and returns the values of the tensor that it makes, row-major; frees all tensors made in it.
 *
 * @throws TypeError when the result is not float32
 */
export const compute = (body: () => Tensor): Float32Array => computeAll(() => [body()])[0]!

/** The same for several tensors. */
export const computeAll = (body: () => ReadonlyArray<Tensor>): ReadonlyArray<Float32Array> => {
  const values: Array<Float32Array> = []
  // The values leave by a variable: `tidy` would search a returned typed array for tensors, element by element.
  tf.tidy(() => {
    for (const tensor of body()) {
      const data = tensor.dataSync()
      if (!(data instanceof Float32Array)) {
        throw new TypeError(`expected a float32 tensor, got ${tensor.dtype}`)
      }
      values.push(data)
    }
  })
  return values
}

/** What a loop needs of a stage's context. */
export interface LoopContext {
  readonly progress: (done: number, total: number, unit?: string) => void
  readonly signal: AbortSignal
}

/**
 * Calls `body` for image 0 to count - 1, reporting how far it is. Between images the process can hear an interruption,
 * which ends the loop with the signal's reason.
 */
export const imageByImage = async (
  count: number,
  { progress, signal }: LoopContext,
  body: (index: number) => void
): Promise<void> => {
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted()
    body(index)
    progress(index + 1, count, "images")
    await setImmediate()
  }
}

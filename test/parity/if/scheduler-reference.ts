/** Reading `scheduler/` of the fixtures, and steps on what is in it. The algebra knows no layout, so images stay NCHW. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { advance, estimateSample, scalars } from "../../../src/diffusion/stepping/advance.ts"
import type { Coefficients } from "../../../src/diffusion/stepping/plan.ts"
import type { Thresholding } from "../../../src/diffusion/stepping/thresholding.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { readReference } from "./reference.ts"

export interface Images {
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array
}

export const schedulerReference = (folder: string, name: string) => {
  const { expected, integers } = readReference(path.join(folder, "scheduler", name))
  return {
    images: (name: string): Images => expected(name),
    numbers: (name: string): ReadonlyArray<number> => [...expected(name).data],
    integers: (name: string): ReadonlyArray<number> => [...integers(name)]
  }
}

export const jsonOf = (folder: string, name: string): unknown =>
  JSON.parse(readFileSync(path.join(folder, "scheduler", name), "utf8"))

export const tensorOf = ({ data, shape }: Images): Tensor4D =>
  tf.tensor4d(data, shape as [number, number, number, number])

export interface StepInputs {
  readonly x: Images
  readonly prediction: Images
  readonly noise: Images
  /** Where the variance is learned. */
  readonly variance?: Images
}

/** x̂₀ and the next x. */
export const stepOnce = (
  { noise, prediction, variance, x }: StepInputs,
  coefficients: Coefficients<number>,
  thresholding: Thresholding
): { readonly sample: Float32Array; readonly next: Float32Array } => {
  const [sample, next] = computeAll(() => {
    const [now, numbers] = [tensorOf(x), scalars(coefficients)]
    const answer = {
      prediction: tensorOf(prediction),
      noise: tensorOf(noise),
      ...(variance === undefined ? {} : { variance: tensorOf(variance) })
    }
    return [
      estimateSample(now, answer.prediction, numbers, thresholding),
      advance({ x: now }, answer, numbers, thresholding).x
    ]
  })
  return { sample: sample!, next: next! }
}

/** The largest difference; infinite where numbers are missing or none. */
export const furthest = (actual: Float32Array, expected: Float32Array): number =>
  actual.length === expected.length
    ? largest(Array.from(actual, (value, i) => Math.abs(value - expected[i]!)))
    : Infinity

/** The largest of errors; infinite when one is no number, or there are none. */
export const largest = (errors: ReadonlyArray<number>): number =>
  errors.length === 0 || errors.some(Number.isNaN)
    ? Infinity
    : errors.reduce((most, error) => Math.max(most, error), 0)

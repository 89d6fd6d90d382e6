/** The loop that every sampler runs in, on small arrays. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { advance, scalars, startSampling } from "../../../src/diffusion/stepping/advance.ts"
import type { Level } from "../../../src/diffusion/stepping/level.ts"
import type { SamplingPlan } from "../../../src/diffusion/stepping/plan.ts"
import type { Thresholding } from "../../../src/diffusion/stepping/thresholding.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"

/** A network that sees one number at a time, or one image of a batch at a time. */
export type Predict = (x: ReadonlyArray<number>, at: Level) => ReadonlyArray<number>

/**
 * x after each step.
 *
 * @param start of `size` numbers an image
 * @param noises of each evaluation that draws some, in order of use
 */
export const runPlan = (
  plan: SamplingPlan,
  start: ReadonlyArray<number>,
  size: number,
  predict: Predict,
  noises: ReadonlyArray<ReadonlyArray<number>> = [],
  thresholding: Thresholding = { kind: "none" }
): ReadonlyArray<ReadonlyArray<number>> => {
  const count = start.length / size
  const tensor = (values: ReadonlyArray<number>): Tensor4D =>
    tf.tensor4d([...values], [count, 1, size, 1])
  const still = start.map(() => 0)
  let drawn = 0
  return computeAll(() => {
    let state = startSampling(plan, tensor(start))
    return plan.steps.map(({ evaluations }) => {
      for (const { at, coefficients, drawsNoise } of evaluations) {
        const x = [...state.x.dataSync()]
        const prediction = Array.from({ length: count }, (_, i) =>
          predict(x.slice(i * size, (i + 1) * size), at)
        )
        state = advance(
          state,
          {
            prediction: tensor(prediction.flat()),
            ...(plan.drawsNoise ? { noise: tensor(drawsNoise ? noises[drawn++]! : still) } : {})
          },
          scalars(coefficients),
          thresholding
        )
      }
      return state.x
    })
  }).map((state) => Array.from(state))
}

/** ε that is exact for one data point. */
export const epsilonOfPoint =
  (point: ReadonlyArray<number>): Predict =>
  (x, { alphaBar }) =>
    x.map((value, i) => (value - Math.sqrt(alphaBar) * point[i]!) / Math.sqrt(1 - alphaBar))

/** ε that is exact for data from N(0, deviation²). */
export const epsilonOfGaussian =
  (deviation: number): Predict =>
  (x, { alphaBar }) =>
    x.map((value) => (value * Math.sqrt(1 - alphaBar)) / (alphaBar * deviation ** 2 + 1 - alphaBar))

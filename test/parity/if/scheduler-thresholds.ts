/** Dynamic thresholding. */
import { quantile, threshold } from "../../../src/diffusion/stepping/thresholding.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Row } from "./check.ts"
import { furthest, schedulerReference, tensorOf } from "./scheduler-reference.ts"

const ratio = 0.95
/** Roundings, of values up to 8. */
const tolerances = { quantile: 2e-6, images: 5e-7 }

export const thresholdRows = (folder: string): ReadonlyArray<Row> => {
  const { images } = schedulerReference(folder, "step.safetensors")
  const input = images("threshold.in")
  const maxima = [1, 1.5, 100]
  const [quantiles, ...outputs] = computeAll(() => {
    const x = tensorOf(input)
    return [
      quantile(tf.reshape(tf.abs(x), [x.shape[0], -1]), ratio),
      ...maxima.map((maximum) => threshold(x, { kind: "dynamic", ratio, maximum }))
    ]
  })
  return [
    {
      what: "threshold, quantile",
      error: furthest(quantiles!, images("threshold.quantile").data),
      tolerance: tolerances.quantile
    },
    ...maxima.map((maximum, i) => ({
      what: `threshold, maximum ${maximum}`,
      error: furthest(outputs[i]!, images(`threshold.out.max${maximum}`).data),
      tolerance: tolerances.images
    }))
  ]
}

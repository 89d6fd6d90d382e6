/** Samples of an estimator, as values. */
import { UserError } from "../../base/user-error.ts"
import type { LoopContext } from "../../engine/tensors.ts"
import type { Estimator, Images, PixelRange } from "../../values/values.ts"
import { openNetwork } from "../estimators/open-network.ts"
import { type PreparedEstimator, prepareEstimator } from "../estimators/prepare-estimator.ts"
import type { SteppingParams } from "./estimator-params.ts"
import { thresholdingFor } from "./estimator-plan.ts"
import { type EstimatorSampling, estimatorWalk, straightThrough } from "./estimator-walk.ts"
import { filmStrips, framesOf } from "./frames.ts"
import { framesIssues } from "./stepping-issues.ts"
import { sampleBatches } from "./sample-batches.ts"

/** What a stage decides of a walk, beside its parameters. */
export interface WalkSettings extends Pick<EstimatorSampling, "plan" | "start" | "constrain"> {
  readonly moves?: EstimatorSampling["moves"]
}

export interface EstimatorSamples {
  readonly images: Images
  /** States of each sample, sample by sample, from the first on. */
  readonly trajectory: Images
}

/** Opens an estimator for as long as `use` needs it. */
export const withEstimator = async <A>(
  estimator: Estimator,
  use: (prepared: PreparedEstimator) => Promise<A>
): Promise<A> => {
  const prepared = prepareEstimator(estimator, openNetwork)
  try {
    return await use(prepared)
  } finally {
    prepared.dispose()
  }
}

/**
 * Walks samples along a plan.
 *
 * @param labels one a sample; empty texts for none
 * @throws UserError when a sample is not finite
 * @throws the signal's reason when the user stops it
 */
export const sampleEstimator = async (
  estimator: PreparedEstimator,
  range: PixelRange,
  params: Pick<SteppingParams, "batchSize" | "frames" | "seed" | "thresholding">,
  settings: WalkSettings,
  labels: ReadonlyArray<string>,
  context: LoopContext
): Promise<EstimatorSamples> => {
  const { plan } = settings
  const moves = settings.moves ?? straightThrough(plan)
  const [issue] = framesIssues(params.frames, moves.length)
  if (issue !== undefined) throw new UserError(issue.message, { hint: issue.hint })
  const kept = framesOf(moves.length, params.frames)
  const sampling: EstimatorSampling = {
    ...settings,
    estimator,
    moves,
    seed: params.seed,
    thresholding: thresholdingFor(params.thresholding, range)
  }
  const states = await sampleBatches(
    {
      count: labels.length,
      shape: estimator.shape,
      seed: params.seed,
      batchSize: params.batchSize,
      leastBatch: estimator.leastBatch,
      steps: moves.length,
      keep: kept,
      begin: (items) => estimatorWalk(sampling, items)
    },
    context
  )
  const samples = states.at(-1)!
  assertFinite(samples, labels)
  const stateLabels = kept.map((done) => stateLabel(sampling, done))
  return {
    images: imagesOf(samples, labels, estimator, range),
    trajectory: imagesOf(
      filmStrips(states, labels.length),
      labels.flatMap((label) =>
        stateLabels.map((state) => (label === "" ? state : `${label} · ${state}`))
      ),
      estimator,
      range
    )
  }
}

/** What x is after so many moves. */
const stateLabel = ({ moves, plan }: EstimatorSampling, done: number): string => {
  if (done === moves.length) return "sample"
  const next = moves[done]!
  const at = next.kind === "step" ? plan.steps[next.step]!.from : next.from
  return `t=${at.timestep}`
}

const imagesOf = (
  data: Float32Array,
  labels: ReadonlyArray<string>,
  { shape }: PreparedEstimator,
  range: PixelRange
): Images => ({
  type: "Images",
  shape: [labels.length, ...shape],
  range,
  data,
  ...(labels.every((label) => label === "") ? {} : { labels })
})

const assertFinite = (samples: Float32Array, labels: ReadonlyArray<string>): void => {
  const at = samples.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return
  const sample = Math.floor((at * labels.length) / samples.length)
  throw new UserError(`sample ${sample} is not finite: it holds ${samples[at]}`, {
    exitCode: 1,
    hint: "the training diverged, or the guidance is too strong for so few steps; threshold, or use more timesteps"
  })
}

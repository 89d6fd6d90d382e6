/** The walk of samples along a plan, each step one question to an estimator. */
import type { Rank, Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../base/json.ts"
import { compile } from "../../engine/compile.ts"
import { tf } from "../../engine/tf.ts"
import type { State } from "../../models/parameters.ts"
import { remembered } from "../../training/remembered.ts"
import type { PreparedEstimator, Told } from "../estimators/prepare-estimator.ts"
import { advance, type SamplingState, scalars, startSampling } from "../stepping/advance.ts"
import type { Level } from "../stepping/level.ts"
import type { SamplingPlan } from "../stepping/plan.ts"
import type { Thresholding } from "../stepping/thresholding.ts"
import { settle, settleTold } from "./settle.ts"
import { noiseBatch, type Walk } from "./sample-batches.ts"

/** Step `step` of the plan; or noise added again, from a level to a noisier one that was there before. */
export type Move =
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "back"; readonly from: Level; readonly to: Level }

/** What is done to x after a move: nothing, or something else of the same noise level is put in its place. */
export type Constraint = (x: Tensor4D, at: Level, batch: MovingBatch) => Tensor4D

export interface MovingBatch {
  /** Numbers of the samples. */
  readonly items: ReadonlyArray<number>
  /** Noise from N(0, I) for a purpose; each visit of the same level has its own. */
  readonly noise: (purpose: string, at: Level) => Tensor4D
}

export interface EstimatorSampling {
  readonly estimator: PreparedEstimator
  readonly plan: SamplingPlan
  readonly thresholding: Thresholding
  readonly seed: number
  readonly moves: ReadonlyArray<Move>
  /** x at the first level, a new tensor; absent: noise. */
  readonly start?: (batch: MovingBatch) => Tensor4D
  readonly constrain?: Constraint
  /** N(0, I) for each item of a batch from a stream; absent: as the seed gives it (`noiseBatch`). To repeat runs whose noise is known. */
  readonly draw?: (stream: string, items: ReadonlyArray<number>) => Tensor4D
}

/** Every step of the plan, in order. */
export const straightThrough = ({ steps }: SamplingPlan): ReadonlyArray<Move> =>
  steps.map((_, step) => ({ kind: "step", step }))

/** The walk of one batch; its moves are the steps of `sampleBatches`. */
export const estimatorWalk = (sampling: EstimatorSampling, items: ReadonlyArray<number>): Walk => {
  const { constrain, estimator, moves, plan, seed, start, thresholding } = sampling
  const draw = (stream: string): Tensor4D =>
    sampling.draw?.(stream, items) ?? noiseBatch(seed, stream, items, estimator.shape)
  const told = estimator.tell(items, draw)
  const step = estimator.recorded
    ? recordedStep(estimator, plan, thresholding)
    : plainStep(estimator, plan, thresholding, told)
  const visits = new Map<string, number>()
  const noise = (purpose: string, { timestep }: Level): Tensor4D => {
    const name = `${purpose}/t=${timestep}`
    const visit = visits.get(name) ?? 0
    visits.set(name, visit + 1)
    return draw(visit === 0 ? name : `${name}/visit ${visit}`)
  }
  const batch: MovingBatch = { items, noise }
  let memory: Tensor4D | undefined
  const oneStep = (x: Tensor4D, index: number): Tensor4D => {
    const { evaluations } = plan.steps[index]!
    let state: SamplingState = memory === undefined ? startSampling(plan, x) : { x, memory }
    for (const { at, coefficients, drawsNoise } of evaluations) {
      const before = state
      const drawn = !plan.drawsNoise
        ? undefined
        : drawsNoise
          ? noise("step noise", at)
          : tf.zeros<Rank.R4>(x.shape)
      state = tf.tidy(
        () =>
          step(
            estimator.weights,
            told,
            before,
            drawn,
            tf.tensor1d([...estimator.numbersAt(at.alphaBar)]),
            scalars(coefficients)
          ) as never
      )
      drawn?.dispose()
      if (before.x !== x) before.x.dispose()
      before.memory?.dispose()
    }
    memory = state.memory
    return state.x
  }
  return {
    ...(start === undefined ? {} : { start: start(batch) }),
    step: (x, index) => {
      const move = moves[index]!
      const moved = move.kind === "step" ? oneStep(x, move.step) : noisedAgain(x, move, noise)
      if (constrain === undefined) return moved
      const at = move.kind === "step" ? plan.steps[move.step]!.to : move.to
      const constrained = constrain(moved, at, batch)
      if (constrained !== moved) moved.dispose()
      return constrained
    },
    dispose: () => {
      memory?.dispose()
      tf.dispose([told.conditions, told.small])
    }
  }
}

/**
 * x at a noisier level: √(ᾱ/ᾱ₀) x + √(1 - ᾱ/ᾱ₀) z (Ho, Jain & Abbeel 2020, arXiv:2006.11239, equation 2, over several timesteps).
 */
const noisedAgain = (
  x: Tensor4D,
  { from, to }: Extract<Move, { readonly kind: "back" }>,
  noise: MovingBatch["noise"]
): Tensor4D =>
  tf.tidy(() => {
    const kept = to.alphaBar / from.alphaBar
    const fresh = tf.mul(noise("noise again", to), Math.sqrt(1 - kept))
    return tf.add<Tensor4D>(tf.mul(x, Math.sqrt(kept)), fresh)
  })

type Step = (
  weights: ReadonlyArray<State>,
  told: Told,
  state: SamplingState,
  noise: Tensor4D | undefined,
  numbers: Tensor1D,
  coefficients: ReturnType<typeof scalars>
) => SamplingState

const steps = remembered<Step>()

/** Recorded once for each estimator and kind of plan, and played at each step. */
const recordedStep = (
  estimator: PreparedEstimator,
  plan: SamplingPlan,
  thresholding: Thresholding
): Step => {
  const { learnedVariance } = plan
  return steps(canonicalJson({ estimator: estimator.key, learnedVariance, thresholding }), () =>
    compile(stepOf(estimator, plan, thresholding, () => {}))
  )
}

/** As it comes. */
const plainStep = (
  estimator: PreparedEstimator,
  plan: SamplingPlan,
  thresholding: Thresholding,
  told: Told
): Step => {
  settleTold(told)
  return stepOf(estimator, plan, thresholding, settle)
}

/** @param finished is called with what the network has said, and with what has become of it */
const stepOf =
  (
    estimator: PreparedEstimator,
    { learnedVariance }: SamplingPlan,
    thresholding: Thresholding,
    finished: (tensors: ReadonlyArray<Tensor>) => void
  ): Step =>
  (weights, told, state, noise, numbers, coefficients) => {
    const { prediction, variance } = estimator.evaluate(weights, told, state.x, numbers)
    const learned = learnedVariance && variance !== undefined ? { variance } : {}
    finished([prediction, ...Object.values(learned)])
    const next = advance(
      state,
      { prediction, ...learned, ...(noise === undefined ? {} : { noise }) },
      coefficients as never,
      thresholding
    )
    finished(Object.values(next))
    return next
  }

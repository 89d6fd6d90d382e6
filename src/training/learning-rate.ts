/**
 * Learning rates over a run, as pure numbers in float64.
 *
 * An _absolute_ schedule gives an epoch the same rates however long the run is, so that a longer run can go on from a shorter
 * one; a _relative_ one (`factorOverRun`, a cosine without a length) does not.
 */

interface WithWarmup {
  readonly warmup?: Warmup | undefined
}

export interface Constant extends WithWarmup {
  readonly kind: "constant"
  readonly value: number
}

/** `initial · factor^n` after n epochs or steps; or such that `factorOverRun` is reached as the run ends. */
export interface Exponential extends WithWarmup {
  readonly kind: "exponential"
  readonly initial: number
  readonly factor?: number | undefined
  readonly factorOverRun?: number | undefined
  readonly every: "epoch" | "step"
}

/** From `initial` to `final` along half a cosine, over so many epochs or steps, else over the run; then `final`. */
export interface Cosine extends WithWarmup {
  readonly kind: "cosine"
  readonly initial: number
  readonly final: number
  readonly epochs?: number | undefined
  readonly steps?: number | undefined
  readonly every: "epoch" | "step"
}

/** The first value until so many epochs or steps are done, then the next. */
export interface Piecewise extends WithWarmup {
  readonly kind: "piecewise"
  readonly values: ReadonlyArray<number>
  readonly epochs?: ReadonlyArray<number> | undefined
  readonly steps?: ReadonlyArray<number> | undefined
}

/** Linear from `from` to the schedule's own rate, which goes on beneath; reached after so many epochs or steps. */
export interface Warmup {
  readonly from: number
  readonly epochs?: number | undefined
  readonly steps?: number | undefined
}

/** A bare number is a constant rate. */
export type LearningRate = number | Constant | Exponential | Cosine | Piecewise

export interface Run {
  readonly epochs: number
  /** As far as it is known: without it rates cannot change within an epoch. */
  readonly stepsPerEpoch?: number | undefined
}

/** Of one epoch: one rate for all its steps, or each step's. */
export type EpochRates = number | ReadonlyArray<number>

/**
 * The rates of an epoch.
 *
 * - exponential: Berkeley CS180's `1e-2 · g^e` with `g = factorOverRun^(1/N)`, as PyTorch's `ExponentialLR`;
 * - cosine: Loshchilov & Hutter 2017 (arXiv:1608.03983), equation 5 without restarts, as `CosineAnnealingLR` before T_max;
 * - warm-up: as `LinearLR`, whose first step has the rate `from`.
 *
 * @param epoch from 1 to `run.epochs`
 * @returns a number when all steps have the same rate
 * @throws RangeError when the rate changes within the epoch and the number of its steps is not known
 */
export const ratesOfEpoch = (schedule: LearningRate, epoch: number, run: Run): EpochRates => {
  if (typeof schedule === "number") return schedule
  if (!Number.isInteger(epoch) || epoch < 1 || epoch > run.epochs) {
    throw new RangeError(`epoch ${epoch} is not one of 1 to ${run.epochs}`)
  }
  const done = epoch - 1
  if (!variesWithin(schedule, done)) return rateAt(schedule, { done, step: 0, run })
  const rates = Array.from({ length: stepsOf(run) }, (_, step) =>
    rateAt(schedule, { done, step, run })
  )
  return rates.every((rate) => rate === rates[0]) ? rates[0]! : rates
}

/** All epochs' rates, first to last. Parameters as for `ratesOfEpoch`. */
export const ratesOfRun = (schedule: LearningRate, run: Run): ReadonlyArray<EpochRates> =>
  Array.from({ length: run.epochs }, (_, done) => ratesOfEpoch(schedule, done + 1, run))

/** Whether an epoch's rates depend on how many epochs the run has: what is trained with them cannot be used by a longer run. */
export const isRelative = (schedule: LearningRate): boolean =>
  typeof schedule !== "number" &&
  ((schedule.kind === "exponential" && schedule.factorOverRun !== undefined) ||
    (schedule.kind === "cosine" && schedule.epochs === undefined && schedule.steps === undefined))

/** Whether `ratesOfEpoch` of some epoch asks for the number of steps. */
export const needsSteps = (schedule: LearningRate, epochs: number): boolean =>
  typeof schedule !== "number" &&
  (usesSteps(schedule) ||
    Array.from({ length: epochs }, (_, done) => variesWithin(schedule, done)).includes(true))

type Schedule = Exclude<LearningRate, number>

/** A step of a run: `done` epochs before it, and `step` steps of its epoch. */
interface Place {
  readonly done: number
  readonly step: number
  readonly run: Run
}

const stepsOf = ({ stepsPerEpoch }: Run): number => {
  if (stepsPerEpoch !== undefined) return stepsPerEpoch
  throw new RangeError("a rate that changes by the step needs the number of steps of an epoch")
}

const variesWithin = (schedule: Schedule, done: number): boolean => {
  const { warmup } = schedule
  if (warmup !== undefined && (warmup.epochs === undefined || done < warmup.epochs)) return true
  switch (schedule.kind) {
    case "constant":
      return false
    case "piecewise":
      return schedule.steps !== undefined
    default:
      return schedule.every === "step"
  }
}

const usesSteps = (schedule: Schedule): boolean =>
  schedule.warmup?.steps !== undefined || ("steps" in schedule && schedule.steps !== undefined)

/** How far the run is, in steps, or in epochs and their parts. */
const stepsDone = ({ done, run, step }: Place) => done * stepsOf(run) + step
const epochsDone = ({ done, run, step }: Place) => (step === 0 ? done : done + step / stepsOf(run))

const rateAt = (schedule: Schedule, place: Place): number => {
  const rate = withoutWarmup(schedule, place)
  const { warmup } = schedule
  if (warmup === undefined) return rate
  const share = shareOf(warmup, place)
  return share >= 1 ? rate : warmup.from + (rate - warmup.from) * share
}

const withoutWarmup = (schedule: Schedule, place: Place): number => {
  if (schedule.kind === "constant") return schedule.value
  if (schedule.kind === "piecewise") {
    const { epochs = [], steps, values } = schedule
    const passed =
      steps === undefined
        ? epochs.filter((boundary) => epochsDone(place) >= boundary)
        : steps.filter((boundary) => stepsDone(place) >= boundary)
    return values[passed.length]!
  }
  const { every, initial } = schedule
  // The place at which the rate was last set.
  const set = every === "step" ? place : { ...place, step: 0 }
  if (schedule.kind === "cosine") {
    const { final } = schedule
    const share = Math.min(1, shareOf(schedule, set))
    return final + ((initial - final) / 2) * (1 + Math.cos(Math.PI * share))
  }
  const { factor, factorOverRun = 1 } = schedule
  if (factor === undefined) return initial * factorOverRun ** shareOfRun(set)
  return initial * factor ** (every === "step" ? stepsDone(set) : set.done)
}

interface Length {
  readonly epochs?: number | undefined
  readonly steps?: number | undefined
}

/** How much of a length is done; of the run when none is given. */
const shareOf = ({ epochs, steps }: Length, place: Place): number =>
  steps !== undefined
    ? stepsDone(place) / steps
    : epochs !== undefined
      ? epochsDone(place) / epochs
      : shareOfRun(place)

const shareOfRun = (place: Place): number => epochsDone(place) / place.run.epochs

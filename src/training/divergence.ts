/** What is said when a training has left the finite numbers. */
import { UserError } from "../base/user-error.ts"
import type { Model } from "../values/values.ts"

export interface Moment {
  readonly epoch: number
  /** Of the run, from 1. */
  readonly step: number
  readonly learningRate: number
  readonly loss: number
  /** The last finite one before it, if any. */
  readonly before: number | undefined
}

const hint =
  "lower the learning rate, begin with a warm-up (`warmup: { steps: 500 }`), or clip the gradients (`clip: 1`); the epochs before this one are kept"

/** @throws UserError for a loss that is NaN or infinite */
export const checkLoss = (moment: Moment): void => {
  if (Number.isFinite(moment.loss)) return
  throw new UserError(`training diverged: the loss is ${moment.loss} ${place(moment)}`, {
    hint,
    exitCode: 1
  })
}

/** @throws UserError when a weight is NaN or infinite */
export const checkTrained = ({ weights }: Model, last: Moment): void => {
  for (const [name, { data }] of Object.entries(weights)) {
    if (data instanceof BigInt64Array) continue
    const spoilt = data.find((value) => !Number.isFinite(value))
    if (spoilt === undefined) continue
    throw new UserError(
      `training diverged: ${name} holds ${spoilt} after the last step, ${place(last)} and a loss of ${last.loss}`,
      { hint, exitCode: 1 }
    )
  }
}

const place = ({ before, epoch, learningRate, step }: Moment): string =>
  `in step ${step} of the run, epoch ${epoch}, with a learning rate of ${learningRate}${
    before === undefined ? "" : ` (the loss before: ${before})`
  }`

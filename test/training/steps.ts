/** Training steps along given gradients: the loss is their product with the parameters. */
import type { Scalar, Tensor } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import type { ParameterSpec } from "../../src/models/parameters.ts"
import {
  startTraining,
  type StepOptions,
  type Training,
  trainingStep
} from "../../src/training/training-step.ts"

type Tensors = Readonly<Record<string, Tensor>>

export interface Trained {
  readonly training: Training
  readonly parameters: ReadonlyArray<ParameterSpec>
  /** Of each step, where gradients are clipped. */
  readonly norms: ReadonlyArray<number>
}

export const trainAlong = (
  start: Tensors,
  gradients: ReadonlyArray<Tensors>,
  rates: ReadonlyArray<number>,
  options: StepOptions
): Trained => {
  const parameters = Object.entries(start).map(([name, { shape }]): ParameterSpec => {
    return { name, shape, layout: "plain", role: "trained", start: { value: 0 } }
  })
  const norms: Array<number> = []
  let training = startTraining(parameters, start, options)
  for (const [index, given] of gradients.entries()) {
    const result = trainingStep(
      parameters,
      training,
      (state) => ({
        loss: tf.addN(
          Object.entries(given).map(([name, gradient]) => tf.sum(tf.mul(state[name]!, gradient)))
        ) as Scalar,
        statistics: {}
      }),
      tf.scalar(rates[index]!),
      options
    )
    ;({ training } = result)
    if (result.gradientNorm !== undefined) norms.push(result.gradientNorm.dataSync()[0]!)
  }
  return { training, parameters, norms }
}

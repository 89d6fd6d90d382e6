/** The loss on images that are not trained with. */
import { setImmediate } from "node:timers/promises"
import type { Tensor1D } from "@tensorflow/tfjs"
import { canonicalJson } from "../base/json.ts"
import { compile } from "../engine/compile.ts"
import type { LoopContext } from "../engine/tensors.ts"
import { tf } from "../engine/tf.ts"
import { stateOf } from "../models/model-value.ts"
import type { State } from "../models/parameters.ts"
import type { Dataset, Model } from "../values/values.ts"
import { batchOf, inBatches } from "./batches.ts"
import { checkData } from "./check-data.ts"
import type { InputTensors, Objective } from "./objectives/objective.ts"
import { remembered } from "./remembered.ts"
import { tensorsOfInputs } from "./input-tensors.ts"

export interface Evaluation {
  readonly objective: Objective
  readonly model: Model
  readonly dataset: Dataset
  /** Of noise and times, which depend on nothing else but an image's place in the data set. */
  readonly seed: number
  /** How many images are computed at once; of no meaning for the result beyond rounding. */
  readonly batchSize: number
  readonly context: LoopContext
}

export interface EvaluatedLoss {
  /** The mean over the images. */
  readonly loss: number
  /** The share of images whose class was told right, of a classifier. */
  readonly accuracy?: number
}

/**
 * The mean loss in evaluation mode: batch norms take their running statistics, and classes are not dropped.
 *
 * @throws UserError when the data do not fit the model, or its weights are not finite
 * @throws the signal's reason when the user stops it
 */
export const evaluateLoss = async (evaluation: Evaluation): Promise<EvaluatedLoss> => {
  const { batchSize, context, dataset, model, objective, seed } = evaluation
  checkData(model, dataset)
  const [count] = dataset.shape
  const measure = recordedLoss(objective)
  const totals = { loss: 0, accuracy: 0 }
  let hasAccuracy = false
  let done = 0
  const state = stateOf(model)
  try {
    const all = Int32Array.from({ length: count }, (_, index) => index)
    for (const places of inBatches(all, batchSize)) {
      context.signal.throwIfAborted()
      const batch = batchOf(dataset, places, { seed, prefix: "evaluation" })
      const inputs = tensorsOfInputs(objective.inputs(batch, { training: false }))
      const numbers = measure(state, inputs)
      const [loss, accuracy] = numbers.dataSync<"float32">()
      tf.dispose([numbers, inputs])
      totals.loss += loss! * places.length
      totals.accuracy += (accuracy ?? 0) * places.length
      hasAccuracy = accuracy !== undefined
      done += places.length
      context.progress(done, count, "images")
      await setImmediate()
    }
  } finally {
    tf.dispose(state)
  }
  const loss = totals.loss / count
  return hasAccuracy ? { loss, accuracy: totals.accuracy / count } : { loss }
}

type Measure = (state: State, inputs: InputTensors) => Tensor1D

const measures = remembered<Measure>()

const recordedLoss = ({ loss, name, network: { architecture } }: Objective): Measure =>
  measures(canonicalJson({ name, architecture }), () =>
    compile((state, inputs) =>
      tf.tidy(() => {
        const computed = loss(state, inputs, { training: false })
        const numbers = [computed.loss, ...(computed.accuracy ? [computed.accuracy] : [])]
        return tf.stack(numbers) as Tensor1D
      })
    )
  )

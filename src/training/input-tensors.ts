/** From the values that an objective draws to tensors. */
import { tf } from "../engine/tf.ts"
import type { Inputs, InputTensors } from "./objectives/objective.ts"

/** Tensors of the values, which they share; they belong to the caller. */
export const tensorsOfInputs = (inputs: Inputs): InputTensors =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [
      name,
      tf.tensor(values, [...shape], "float32")
    ])
  )

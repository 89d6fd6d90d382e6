/** A small dense network that turns a condition into one number a channel. */
import type { Tensor2D } from "@tensorflow/tfjs"
import { gelu } from "../layers/gelu.ts"
import { linearModule } from "./linear.ts"
import type { Module } from "./module.ts"

/** `NAME.fc1`, GELU, `NAME.fc2`: `[N,inputs]` to `[N,outputs]`. */
export const embedding = (name: string, inputs: number, outputs: number): Module<Tensor2D> => {
  const [fc1, fc2] = [
    linearModule(`${name}.fc1`, inputs, outputs),
    linearModule(`${name}.fc2`, outputs, outputs)
  ]
  return {
    parameters: [...fc1.parameters, ...fc2.parameters],
    apply: (pass, x) => fc2.apply(pass, gelu(fc1.apply(pass, x)))
  }
}

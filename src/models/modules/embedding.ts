/** A small dense network that turns a condition into one number a channel. */
import type { Tensor2D } from "@tensorflow/tfjs"
import { gelu } from "../layers/gelu.ts"
import { linear } from "../layers/linear.ts"
import { weightAndBias } from "../parameters.ts"
import { matrixOf, type Module, type Pass, vectorOf } from "./module.ts"

/** `NAME.fc1`, GELU, `NAME.fc2`: `[N,inputs]` to `[N,outputs]`. */
export const embedding = (name: string, inputs: number, outputs: number): Module<Tensor2D> => {
  const dense = (layer: string, inputs: number) =>
    weightAndBias(`${name}.${layer}`, "matrix", [inputs, outputs], {
      size: outputs,
      role: "trained"
    })
  const apply = (pass: Pass, x: Tensor2D, layer: string) =>
    linear(x, {
      weight: matrixOf(pass, `${name}.${layer}.weight`),
      bias: vectorOf(pass, `${name}.${layer}.bias`)
    })
  return {
    parameters: [...dense("fc1", inputs), ...dense("fc2", outputs)],
    apply: (pass, x) => apply(pass, gelu(apply(pass, x, "fc1")), "fc2")
  }
}

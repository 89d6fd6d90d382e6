/** A dense layer with its weights. */
import type { Tensor2D } from "@tensorflow/tfjs"
import { linear } from "../layers/linear.ts"
import { weightAndBias } from "../parameters.ts"
import { matrixOf, type Module, vectorOf } from "./module.ts"

/** PyTorch's `nn.Linear`, `NAME.weight` and `NAME.bias`: `[N,inputs]` to `[N,outputs]`. */
export const linearModule = (name: string, inputs: number, outputs: number): Module<Tensor2D> => ({
  parameters: weightAndBias(name, "matrix", [inputs, outputs], { size: outputs, role: "trained" }),
  apply: (pass, x) =>
    linear(x, { weight: matrixOf(pass, `${name}.weight`), bias: vectorOf(pass, `${name}.bias`) })
})

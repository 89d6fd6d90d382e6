/** Activations that are written out with simple kernels, and that ONNX Runtime computes in one pass. */
import { sameShape, type Value } from "../graph/value.ts"
import { besides, madeBy } from "./match.ts"
import { type Rule } from "./rewrite.ts"

/** `½x · (1 + erf(x/√2))`, in either order of its factors: the exact GELU (Hendrycks and Gimpel 2016). */
export const gelu: Rule = {
  name: "gelu",
  ops: ["Multiply"],
  apply: ({ inputs, outputs: [output] }, { recorder }) => {
    const [a, b] = inputs as readonly [Value, Value]
    for (const [half, other] of [
      [a, b],
      [b, a]
    ] as const) {
      const x = besides(madeBy(half, "Multiply"), 0.5)
      const erf = x && besides(madeBy(other, "Add"), 1)
      const scaled = erf && madeBy(erf, "Erf")?.inputs[0]
      const same = scaled && besides(madeBy(scaled, "Multiply"), Math.SQRT1_2)
      if (same !== undefined && same === x && sameShape(x.shape, output!.shape)) {
        return [recorder.one("Gelu", [x])]
      }
    }
    return undefined
  }
}

/** `x · sigmoid(x)`: the SiLU (Elfwing et al. 2017). */
export const silu: Rule = {
  name: "silu",
  ops: ["Multiply"],
  apply: ({ inputs }, { recorder, uses }) => {
    const [a, b] = inputs as readonly [Value, Value]
    for (const [x, gate] of [
      [a, b],
      [b, a]
    ] as const) {
      // A sigmoid that others need as well is there anyway.
      if (madeBy(gate, "Sigmoid")?.inputs[0] === x && uses(gate) === 1) {
        return [recorder.one("Silu", [x])]
      }
    }
    return undefined
  }
}

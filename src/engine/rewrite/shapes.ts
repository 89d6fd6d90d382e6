/** Nodes that do nothing, and tensors that are blown up only to be combined with one of full size. */
import { type Shape, type Value, sameShape } from "../graph/value.ts"
import { constantOf, madeBy } from "./match.ts"
import { type Rule } from "./rewrite.ts"

/** A reshape of a reshape, and one that changes nothing. */
export const reshapes: Rule = {
  name: "reshapes",
  ops: ["Reshape"],
  apply: ({ inputs: [x], outputs: [output] }, { recorder }) => {
    if (sameShape(x!.shape, output!.shape)) return [x!]
    const inner = madeBy(x!, "Reshape")
    return inner === undefined
      ? undefined
      : [recorder.one("Reshape", [inner.inputs[0]!], { shape: output!.shape })]
  }
}

/** A transposition of a transposition, and one that changes nothing. */
export const transposes: Rule = {
  name: "transposes",
  ops: ["Transpose"],
  apply: ({ attrs, inputs: [x] }, { recorder }) => {
    const perm = attrs["perm"] as ReadonlyArray<number>
    if (perm.every((axis, index) => axis === index)) return [x!]
    const inner = madeBy(x!, "Transpose")
    if (inner === undefined) return undefined
    const first = inner.attrs["perm"] as ReadonlyArray<number>
    return [
      recorder.one("Transpose", [inner.inputs[0]!], { perm: perm.map((axis) => first[axis]!) })
    ]
  }
}

/** `x · 1` and `x + 0`, where 1 and 0 may be tensors that give the result its shape, as in the gradient of a mean. */
export const neutral: Rule = {
  name: "neutral elements",
  ops: ["Multiply", "Add", "Sub", "RealDiv"],
  apply: ({ inputs, op, outputs: [output] }, { recorder }) => {
    const [a, b] = inputs as readonly [Value, Value]
    const identity = op === "Multiply" || op === "RealDiv" ? 1 : 0
    const symmetric = op === "Multiply" || op === "Add"
    const x =
      constantOf(b) === identity ? a : symmetric && constantOf(a) === identity ? b : undefined
    if (x === undefined || x.dtype !== output!.dtype) return undefined
    // -0 + 0 is 0: an addition of zero may only go where that does not matter, which is everywhere in our numbers.
    if (sameShape(x.shape, output!.shape)) return [x]
    return [broadcast(recorder, x, output!.shape)]
  }
}

const broadcast = (
  recorder: Parameters<Rule["apply"]>[1]["recorder"],
  x: Value,
  shape: Shape
): Value => recorder.one("BroadcastTo", [x], { shape })

const elementwise = ["Multiply", "Add", "Sub", "RealDiv"]

/**
 * An element-wise kernel of a broadcast tensor: where the other input has the full shape the kernel broadcasts by itself,
 * and where it is a scalar the kernel comes first.
 */
export const lateBroadcast: Rule = {
  name: "late broadcast",
  ops: elementwise,
  apply: ({ attrs, inputs, op, outputs: [output] }, { recorder }) => {
    const small = inputs.map((input) => madeBy(input, "BroadcastTo")?.inputs[0])
    const index = small.findIndex((value) => value !== undefined)
    if (index < 0) return undefined
    const [value, other] = [small[index]!, inputs[1 - index]!]
    const operands = index === 0 ? [value, other] : [other, value]
    if (sameShape(other.shape, output!.shape)) return [recorder.one(op, operands, attrs)]
    if (other.shape.length !== 0) return undefined
    return [broadcast(recorder, recorder.one(op, operands, attrs), output!.shape)]
  }
}

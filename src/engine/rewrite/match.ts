/** Looking at how a value is made. */
import { constantOp, constantValue } from "../graph/recorder.ts"
import { type Node, type Value } from "../graph/value.ts"

/** The node that makes a value, if it is of one of these operators. */
export const madeBy = (value: Value, ...ops: ReadonlyArray<string>): Node | undefined => {
  const node = value.producer
  return node !== undefined && ops.includes(node.op) ? node : undefined
}

/** The number of a constant scalar, or of a tensor filled with one constant number. */
export const constantOf = (value: Value): number | undefined => {
  const node = madeBy(value, constantOp)
  return node === undefined ? undefined : constantValue(node)
}

/** Whether a value is the constant `number`, to float32. */
export const isConstant = (value: Value, number: number): boolean =>
  constantOf(value) === Math.fround(number)

/** The other input of a commutative node of two inputs, when one of them is the constant `number`. */
export const besides = (node: Node | undefined, number: number): Value | undefined => {
  const [a, b] = node?.inputs ?? []
  if (a === undefined || b === undefined) return undefined
  if (isConstant(b, number)) return a
  return isConstant(a, number) ? b : undefined
}

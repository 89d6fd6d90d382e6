/** Sums and other reductions over axes. */
import { type Attrs, type Shape, type Value } from "../graph/value.ts"
import { channelSum } from "../lowering/channel-statistics.ts"
import { convert } from "../lowering/convert.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { sumOver } from "../lowering/sum.ts"
import { type DType } from "../onnx/element-type.ts"
import { type Primitive } from "./kernel.ts"
import { normalAxis } from "./shape.ts"

interface Reduction {
  readonly op: string
  /** tfjs's name of the attribute that says which axes; all when it is absent. */
  readonly axes?: string
  readonly result: (dtype: DType) => DType
  /** The result over no elements at all; where tfjs's cpu reads past the end of the data, what it stores then. */
  readonly ofNothing: (dtype: DType) => number
  /** ONNX Runtime's operator passes over NaN. */
  readonly losesNaN?: boolean
}

const reduction = (name: string, { axes: axesName = "axis", ...rule }: Reduction): Primitive => ({
  name,
  inputs: ["x"],
  infer: ([x], attrs) => {
    const axes = axesOf(attrs[axesName], x!.shape.length)
    return [
      {
        shape: reducedShape(x!.shape, axes, attrs["keepDims"] === true),
        dtype: rule.result(x!.dtype)
      }
    ]
  },
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    const axes = axesOf(attrs[axesName], x!.shape.length)
    if (x!.size === 0) return lowering.defineUniform(output!, rule.ofNothing(x!.dtype))
    if (name === "Sum" && x!.dtype === "float32" && channelSum(lowering, x!, axes, output!)) {
      return
    }
    lowering.define(output!, "plain", reduce(lowering, rule, x!, axes, attrs, output!))
  }
})

const reduce = (
  lowering: Lowering,
  { losesNaN = false, op }: Omit<Reduction, "axes">,
  x: Value,
  axes: ReadonlyArray<number>,
  attrs: Attrs,
  output: Value
): string => {
  const { onnx } = lowering
  // Over everything, the order of elements does not matter.
  const form =
    axes.length === 4 && x.shape.length === 4 && lowering.has(x, "blocked") ? "blocked" : "plain"
  // Only the CPU has reductions of booleans.
  const truths = lowering.target.provider === "cpu" ? "bool" : "int32"
  const type = output.dtype === "bool" ? truths : output.dtype
  const name = convert(lowering, lowering.get(x, form), x.dtype, type)
  if (axes.length === 0) return convert(lowering, name, type, output.dtype)
  if (op === "ReduceSum" && output.dtype === "float32" && form === "plain") {
    return sumOver(lowering, name, x.shape, axes, attrs["keepDims"] === true)
  }
  const apply = (operator: string, operand: string) =>
    onnx.node(operator, [operand, onnx.ints(axes)], {
      keepdims: attrs["keepDims"] === true ? 1 : 0
    })
  const reduced = convert(lowering, apply(op, name), type, output.dtype)
  if (!losesNaN || output.dtype !== "float32") return reduced
  const isNumber = convert(lowering, onnx.node("Equal", [name, name]), "bool", truths)
  const areNumbers = convert(lowering, apply("ReduceMin", isNumber), truths, "bool")
  return onnx.node("Where", [areNumbers, reduced, onnx.float(NaN)])
}

const same = (dtype: DType): DType => dtype
const countable = (dtype: DType): DType => (dtype === "bool" ? "int32" : dtype)
const truth = (): DType => "bool"
const notANumber = (dtype: DType): number => (dtype === "float32" ? NaN : 0)

export const reduceKernels: ReadonlyArray<Primitive> = [
  reduction("Sum", { op: "ReduceSum", result: countable, ofNothing: () => 0 }),
  reduction("Prod", { op: "ReduceProd", result: countable, ofNothing: () => 1 }),
  reduction("Max", {
    op: "ReduceMax",
    axes: "reductionIndices",
    result: same,
    ofNothing: notANumber,
    losesNaN: true
  }),
  reduction("Min", { op: "ReduceMin", result: same, ofNothing: notANumber, losesNaN: true }),
  reduction("All", { op: "ReduceMin", result: truth, ofNothing: () => 0 }),
  reduction("Any", { op: "ReduceMax", result: truth, ofNothing: () => 0 })
]

/** All axes when none are named. */
export const axesOf = (axis: unknown, rank: number): ReadonlyArray<number> => {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, index) => index)
  const axes = Array.isArray(axis) ? (axis as ReadonlyArray<number>) : [axis as number]
  const normal = [...new Set(axes.map((at) => normalAxis(at, rank)))].toSorted((a, b) => a - b)
  for (const at of normal) {
    if (!Number.isInteger(at) || at < 0 || at >= rank) {
      throw new Error(
        `All values in axis param must be integers in range [-${rank}, ${rank}) but got axis ${axes.join()}`
      )
    }
  }
  return normal
}

export const reducedShape = (shape: Shape, axes: ReadonlyArray<number>, keepDims: boolean): Shape =>
  keepDims
    ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
    : shape.filter((_, axis) => !axes.includes(axis))

import { convert } from "../lowering/convert.ts"
import { type ElementType } from "../onnx/element-type.ts"
import { type Primitive } from "./kernel.ts"

/**
 * For each of `values` `[B, M]` where it belongs in its row of `sortedSequence` `[B, N]`: before ("left") or behind
 * ("right") its equals. A binary search of all values at once, in log2(N) rounds.
 */
const searchSorted: Primitive = {
  name: "SearchSorted",
  inputs: ["sortedSequence", "values"],
  infer: ([, values]) => [{ shape: values!.shape, dtype: "int32" }],
  lower: ({ attrs, inputs: [sequence, values], outputs: [output] }, lowering) => {
    const length = sequence!.shape[1]!
    if (output!.size === 0 || length === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const type: ElementType =
      sequence!.dtype !== values!.dtype
        ? "float64"
        : sequence!.dtype === "bool"
          ? "int32"
          : sequence!.dtype
    const [row, sought] = [sequence!, values!].map((value) =>
      convert(lowering, lowering.plain(value), value.dtype, type)
    )
    const filled = (number: number) =>
      onnx.node("Expand", [onnx.ints([number]), onnx.ints(output!.shape)])
    const isBefore = attrs["side"] === "left" ? "Less" : "LessOrEqual"
    let [low, high] = [filled(0), filled(length)]
    for (let width = length; width > 0; width = Math.floor(width / 2)) {
      const middle = onnx.node("Div", [onnx.node("Add", [low, high]), onnx.ints([2])])
      // A search that has ended may stand behind the last element.
      const place = onnx.node("Min", [middle, onnx.ints([length - 1])])
      const element = onnx.node("GatherElements", [row!, place], { axis: 1 })
      const isOpen = onnx.node("Less", [low, high])
      const goesUp = onnx.node("And", [isOpen, onnx.node(isBefore, [element, sought!])])
      const next = onnx.node("Add", [middle, onnx.ints([1])])
      const lower = onnx.node("Where", [goesUp, next, low])
      // Where it goes up, or has ended, high stays.
      const goesDown = onnx.node("And", [isOpen, onnx.node("Not", [goesUp])])
      high = onnx.node("Where", [goesDown, middle, high])
      low = lower
    }
    lowering.define(output!, "plain", onnx.cast(high, "int32"))
  }
}

export const searchSortedKernels: ReadonlyArray<Primitive> = [searchSorted]

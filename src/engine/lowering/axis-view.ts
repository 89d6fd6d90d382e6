/**
 * Kernels that cut, join, repeat or reorder along whole axes work in any form of a tensor, once they know which axis of
 * the ONNX tensor is which of theirs. The blocked form is seen as `[N, C/b, H, W, b]`: its channel axis counts blocks.
 */
import { type Value } from "../graph/value.ts"
import { type Form, type Lowering } from "./lowering.ts"

export interface AxisView {
  readonly form: Form
  /** The axis of the ONNX tensor for one of tfjs's. */
  readonly axis: (axis: number) => number
  /** How many channels count as one position of the last axis; 1 unless blocked. */
  readonly block: number
  readonly name: (value: Value) => string
  readonly define: (value: Value, name: string) => void
}

/** N, H, W and C in the order of the unblocked and blocked channels-first forms. */
const channelsFirst = [0, 2, 3, 1] as const

/**
 * The view in which some inputs are at hand.
 *
 * @param values all inputs and outputs of the kernel
 * @param wholeBlocks whether what happens along the channels happens to whole blocks of so many
 */
export const axisView = (
  lowering: Lowering,
  inputs: ReadonlyArray<Value>,
  values: ReadonlyArray<Value>,
  wholeBlocks: (block: number) => boolean
): AxisView => {
  const { onnx, target } = lowering
  const held = (form: Form) => inputs.some((input) => lowering.has(input, form))
  const { block } = target
  if (held("blocked") && values.every((value) => lowering.blockable(value)) && wholeBlocks(block)) {
    return {
      form: "blocked",
      axis: (axis) => channelsFirst[axis]!,
      block,
      name: (value) => {
        const [n, h, w, c] = value.shape as readonly [number, number, number, number]
        return onnx.reshape(lowering.blocked(value), [n, c / block, h, w, block])
      },
      define: (value, name) => {
        const [n, h, w, c] = value.shape as readonly [number, number, number, number]
        lowering.define(value, "blocked", onnx.reshape(name, [n, c, h, w]))
      }
    }
  }
  const planar =
    values.every(({ shape }) => shape.length === 4) &&
    inputs.every((input) => lowering.has(input, "nchw") && !lowering.has(input, "plain"))
  return planar ? unblocked(lowering, "nchw", (axis) => channelsFirst[axis]!) : plainView(lowering)
}

/** tfjs's own order of axes. */
export const plainView = (lowering: Lowering): AxisView =>
  unblocked(lowering, "plain", (axis) => axis)

const unblocked = (lowering: Lowering, form: Form, axis: AxisView["axis"]): AxisView => ({
  form,
  axis,
  block: 1,
  name: (value) => lowering.get(value, form),
  define: (value, name) => lowering.define(value, form, name)
})

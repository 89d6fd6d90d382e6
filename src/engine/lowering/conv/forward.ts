/** The convolution itself. */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { nchwcConv } from "./blocked-conv.ts"
import {
  allTaps,
  depthwiseFilter,
  forwardFilter,
  padLast,
  readsBlocked,
  roundUp
} from "./blocked-filter.ts"
import { type ConvGeometry, isDepthwise, isWholeImage } from "./geometry.ts"
import { onnxConv } from "./onnx-conv.ts"
import { wholeImageForward } from "./whole-image.ts"

/** What is added to the result on the way: a bias `[O]` and a tensor of the result's shape. */
export interface Extras {
  readonly bias?: Value
  readonly sum?: Value
}

export const lowerConv = (
  lowering: Lowering,
  x: Value,
  filter: Value,
  output: Value,
  geometry: ConvGeometry,
  extras: Extras
): void => {
  const { block } = lowering.target
  const { groups, inputs } = geometry
  if (output.size === 0) return lowering.defineUniform(output, 0)
  if (x.size === 0) {
    const { onnx } = lowering
    lowering.define(output, "plain", onnx.node("Expand", [onnx.float(0), onnx.ints(output.shape)]))
    addExtras(lowering, output, extras)
  } else if (lowering.target.provider === "cpu" && isWholeImage(geometry)) {
    wholeImageForward(lowering, x, filter, output, geometry)
    addExtras(lowering, output, extras)
  } else if (groups === 1 && readsBlocked(inputs, block)) {
    blockedConv(lowering, x, filter, output, geometry, extras)
  } else if (isDepthwise(geometry) && block > 0 && inputs % block === 0) {
    depthwiseConv(lowering, x, filter, output, geometry, extras)
  } else {
    planarConv(lowering, x, filter, output, geometry, extras)
  }
}

/** Attributes that the blocked convolutions share. */
const convAttributes = ({ dilations, kernel, pads, strides }: ConvGeometry) => ({
  kernel_shape: kernel,
  strides,
  pads,
  dilations
})

/** By the operator of the blocked layout; its `Sum` input is added in place. */
const blockedConv = (
  lowering: Lowering,
  x: Value,
  filter: Value,
  output: Value,
  geometry: ConvGeometry,
  { bias, sum }: Extras
): void => {
  const { onnx, target } = lowering
  const { inputs, kernel, n, out, outputs } = geometry
  const padded = roundUp(outputs, target.block)
  const whole = padded === outputs
  const image = inputs % target.block === 0 ? lowering.blocked(x) : lowering.nchw(x)
  const filters = forwardFilter(lowering, lowering.plain(filter), [...kernel, inputs, outputs])
  const extras = {
    bias: bias && padLast(lowering, lowering.plain(bias), [outputs], padded),
    sum: whole ? sum && lowering.blocked(sum) : undefined
  }
  const result = nchwcConv(lowering, [image, filters], extras, convAttributes(geometry))
  if (whole) return lowering.define(output, "blocked", result)
  // The channels that were added are dropped on the way out of the blocked layout.
  const unblocked =
    out[0] * out[1] === 1
      ? onnx.node("Slice", [result, onnx.ints([0]), onnx.ints([outputs]), onnx.ints([1])])
      : lowering.nchwc("ReorderOutput", [result], { channels: outputs })
  const summed = sum === undefined ? unblocked : onnx.node("Add", [unblocked, lowering.nchw(sum)])
  lowering.define(output, "nchw", summed)
  if (outputs === 1) lowering.define(output, "plain", () => onnx.reshape(summed, [n, ...out, 1]))
}

/** One filter for each channel. */
const depthwiseConv = (
  lowering: Lowering,
  x: Value,
  filter: Value,
  output: Value,
  geometry: ConvGeometry,
  { bias, sum }: Extras
): void => {
  const { inputs, kernel } = geometry
  const filters = depthwiseFilter(
    lowering,
    lowering.plain(filter),
    [...kernel, inputs],
    allTaps(kernel)
  )
  const extras = { bias: bias && lowering.plain(bias), sum: sum && lowering.blocked(sum) }
  const attributes = { ...convAttributes(geometry), group: inputs }
  const result = nchwcConv(lowering, [lowering.blocked(x), filters], extras, attributes)
  lowering.define(output, "blocked", result)
}

/** By ONNX's own operator, channels first. */
const planarConv = (
  lowering: Lowering,
  x: Value,
  filter: Value,
  output: Value,
  geometry: ConvGeometry,
  { bias, sum }: Extras
): void => {
  const { onnx } = lowering
  const { groups, h, inputs, kernel, n, outputs, w } = geometry
  const half = lowering.half(filter)
  const type = half === undefined ? {} : ({ type: "float16" } as const)
  const typed = (name: string) => (half === undefined ? name : onnx.cast(name, "float16"))
  const convolved = onnxConv(
    lowering,
    { name: typed(lowering.nchw(x)), dims: [n, inputs, h, w], ...type },
    {
      name: onnx.transpose(half ?? lowering.plain(filter), [3, 2, 0, 1]),
      dims: [outputs, inputs / groups, ...kernel],
      ...type
    },
    geometry,
    bias && typed(lowering.plain(bias))
  )
  const result = half === undefined ? convolved : onnx.cast(convolved, "float32")
  const summed = sum === undefined ? result : onnx.node("Add", [result, lowering.nchw(sum)])
  lowering.define(output, "nchw", summed)
}

/** Adds to a result that is in the plain form. */
const addExtras = (lowering: Lowering, output: Value, { bias, sum }: Extras): void => {
  for (const extra of [bias, sum]) {
    if (extra === undefined) continue
    const names = [lowering.plain(output), lowering.plain(extra)]
    lowering.define(output, "plain", lowering.onnx.node("Add", names))
  }
}

/** Sums of products over the pixels of images. */
import { type Value, sameShape } from "../graph/value.ts"
import { axesOf } from "../kernels/reduce.ts"
import { isOverPixels } from "../lowering/channel-statistics.ts"
import { madeBy } from "./match.ts"
import { type Rule } from "./rewrite.ts"

/** `Σ x·y` over [1, 2] or [0, 1, 2] of images, when nobody else needs the product. */
export const channelDot: Rule = {
  name: "channel dot",
  ops: ["Sum"],
  apply: ({ attrs, inputs: [sum] }, { recorder, uses }) => {
    const product = madeBy(sum!, "Multiply", "Square")
    if (product === undefined || uses(sum!) !== 1 || sum!.dtype !== "float32") return undefined
    const axes = axesOf(attrs["axis"], sum!.shape.length).toSorted((a, b) => a - b)
    const [, h = 1, w = 1] = sum!.shape
    if (!isOverPixels(axes, sum!.shape.length) || h * w === 1) return undefined
    const [x, y = x] = product.inputs as readonly [Value, Value?]
    if (!sameShape(x.shape, sum!.shape) || !sameShape(y.shape, sum!.shape)) return undefined
    const keepDims = attrs["keepDims"] === true
    return [recorder.one("ChannelDot", [x, y], { axis: axes, keepDims })]
  }
}

/** What a convolution can do on the way: scale its filter, and add a bias and an image. */
import { type Value } from "../graph/value.ts"
import { extentOf } from "../lowering/affine.ts"
import { affine, partsOf } from "./affine.ts"
import { madeBy } from "./match.ts"
import { type Rule } from "./rewrite.ts"

/**
 * An affine map of a convolution that nobody else reads: a scale by channel goes into the filter, a shift into the bias, an
 * added image into the convolution's accumulator.
 */
export const convEpilogue: Rule = {
  name: "convolution's epilogue",
  ops: ["Affine"],
  apply: (node, { recorder, uses }) => {
    const { scale, shift, sum, x: y } = partsOf(node)
    const made = madeBy(y, "Conv", "ConvInputGradient")
    if (made === undefined || uses(y) !== 1 || made.attrs["sum"] === 1) return undefined
    const extents = [scale, shift].map((part) => part && extentOf(part, y))
    if (extents.includes("image")) return undefined
    const forward = made.op === "Conv"
    // In groups, the way back has its channels spread over two axes of the filter.
    if (!forward && made.attrs["groups"] !== 1) return undefined
    // A lone image is added in the accumulator; the transposed convolution has none.
    if (!forward && scale === undefined && shift === undefined) return undefined
    const [input, filter, ownBias] = made.inputs as readonly [Value, Value, Value?]
    const channels = y.shape[3]!
    const vector = (part: Value): Value => {
      const flat = recorder.one("Reshape", [part], { shape: [part.size] })
      return part.size === channels
        ? flat
        : recorder.one("BroadcastTo", [flat], { shape: [channels] })
    }
    // The channels of the result are the filter's last axis, and of the way back its third.
    const scaled =
      scale === undefined
        ? filter
        : recorder.one("Multiply", [
            filter,
            recorder.one("Reshape", [vector(scale)], {
              shape: forward ? [channels] : [channels, 1]
            })
          ])
    const movedBias =
      ownBias === undefined || scale === undefined
        ? ownBias
        : recorder.one("Multiply", [ownBias, vector(scale)])
    const bias =
      shift === undefined
        ? movedBias
        : movedBias === undefined
          ? vector(shift)
          : recorder.one("Add", [movedBias, vector(shift)])
    const inner = forward ? sum : undefined
    const extras = [bias, inner].filter((value) => value !== undefined)
    const conv = recorder.one(made.op, [input, scaled, ...extras], {
      ...made.attrs,
      bias: bias === undefined ? 0 : 1,
      sum: inner === undefined ? 0 : 1
    })
    return [forward ? conv : affine(recorder, { x: conv, scale: undefined, shift: undefined, sum })]
  }
}

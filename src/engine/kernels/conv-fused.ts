/** tfjs's convolutions with a bias and an activation in one call. */
import { type Recorder } from "../graph/recorder.ts"
import { type Attrs, type Value } from "../graph/value.ts"
import { activate } from "./activation.ts"
import { convolved } from "./conv.ts"
import { type Composite } from "./kernel.ts"

const fused = (name: string, depthwise: boolean): Composite => ({
  name,
  inputs: ["x", "filter", "bias?", "preluActivationWeights?"],
  expand: (recorder, [x, filter, bias, slopes], attrs) => {
    const outputs = depthwise ? filter!.shape[2]! * filter!.shape[3]! : filter!.shape[3]!
    const isVector = bias !== undefined && bias.shape.length === 1 && bias.size === outputs
    const inside = isVector ? bias : undefined
    const y = convolved(recorder, x!, filter!, inside, attrs, depthwise)
    // A bias of another shape is broadcast.
    const summed = bias === undefined || isVector ? y : recorder.one("Add", [y, bias])
    return [
      activate(recorder, summed, {
        activation: attrs["activation"],
        preluActivationWeights: alongChannels(recorder, slopes, attrs),
        leakyreluAlpha: attrs["leakyreluAlpha"]
      })
    ]
  }
})

/** A vector with one element a channel, in the shape that is broadcast to the data format. */
const alongChannels = (
  recorder: Recorder,
  value: Value | undefined,
  attrs: Attrs
): Value | undefined =>
  attrs["dataFormat"] === "NCHW" && value?.shape.length === 1 && value.size > 1
    ? recorder.one("Reshape", [value], { shape: [value.size, 1, 1] })
    : value

export const fusedConvKernels: ReadonlyArray<Composite> = [
  fused("FusedConv2D", false),
  fused("FusedDepthwiseConv2D", true)
]

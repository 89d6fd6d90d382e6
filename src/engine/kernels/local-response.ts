/** Local response normalisation: each channel divided by a power of its neighbours' squares (Krizhevsky et al. 2012, §3.3). */
import { type Recorder } from "../graph/recorder.ts"
import { type Attrs, type Value } from "../graph/value.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

/** The sum of each channel and the `radius` before and behind it; x `[…, C]`. */
const windowSum: Primitive = {
  name: "ChannelWindowSum",
  inputs: ["x"],
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (output!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const channels = x!.shape.at(-1)!
    const radius = Math.min(attrs["radius"] as number, channels - 1)
    const width = 2 * radius + 1
    const rows = onnx.reshape(lowering.plain(x!), [x!.size / channels, 1, channels])
    const means = onnx.node("AveragePool", [rows], {
      kernel_shape: [width],
      pads: [radius, radius],
      count_include_pad: 1
    })
    const sums = onnx.node("Mul", [means, onnx.float(width)])
    lowering.define(output!, "plain", onnx.reshape(sums, output!.shape))
  }
}

/** bias + alpha·Σ x² over the neighbours. */
const normOf = (recorder: Recorder, x: Value, { alpha, bias, depthRadius }: Attrs): Value => {
  const squares = recorder.one("Square", [x])
  const sums = recorder.one("ChannelWindowSum", [squares], { radius: depthRadius })
  const scaled = recorder.one("Multiply", [sums, recorder.constant(alpha as number)])
  return recorder.one("Add", [scaled, recorder.constant(bias as number)])
}

const powerOf = (recorder: Recorder, norm: Value, { beta }: Attrs): Value =>
  recorder.one("Pow", [norm, recorder.constant(-(beta as number))])

const lrn: Composite = {
  name: "LRN",
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const power = powerOf(recorder, normOf(recorder, x!, attrs), attrs)
    return [recorder.one("Multiply", [x!, power])]
  }
}

/** dy·norm^-β - 2αβ·x·Σ dy·y/norm over the neighbours. */
const lrnGrad: Composite = {
  name: "LRNGrad",
  inputs: ["x", "y", "dy"],
  expand: (recorder, [x, y, dy], attrs) => {
    const norm = normOf(recorder, x!, attrs)
    const direct = recorder.one("Multiply", [dy!, powerOf(recorder, norm, attrs)])
    const shares = recorder.one("RealDiv", [recorder.one("Multiply", [dy!, y!]), norm])
    const sums = recorder.one("ChannelWindowSum", [shares], { radius: attrs["depthRadius"] })
    const factor = recorder.constant(-2 * (attrs["alpha"] as number) * (attrs["beta"] as number))
    const neighbours = recorder.one("Multiply", [recorder.one("Multiply", [x!, sums]), factor])
    return [recorder.one("Add", [direct, neighbours])]
  }
}

export const localResponseKernels: ReadonlyArray<Kernel> = [windowSum, lrn, lrnGrad]

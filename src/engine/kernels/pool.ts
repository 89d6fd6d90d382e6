/** Pooling over windows. tfjs's kernels for images and volumes are recorded as the same few primitives. */
import type { backend_util } from "@tensorflow/tfjs"
import { type Recorder } from "../graph/recorder.ts"
import { type Attrs, type Shape, type Value, sameShape } from "../graph/value.ts"
import { lowerMax, lowerMean } from "../lowering/pool/forward.ts"
import { lowerArgmax, lowerMaxGradient } from "../lowering/pool/max-gradient.ts"
import { lowerMeanGradient } from "../lowering/pool/mean-gradient.ts"
import { type PoolAttrs, windowsOf } from "../lowering/pool/windows.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

const pooledShape = (x: Shape, { out }: PoolAttrs): Shape => [x[0]!, ...out, x.at(-1)!]

/** Inputs: x `[N, …sizes, C]`, float32 or int32. */
const max: Primitive = {
  name: "WindowMax",
  inputs: ["x"],
  infer: ([x], attrs) => [{ shape: pooledShape(x!.shape, attrs as PoolAttrs), dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) =>
    lowerMax(lowering, x!, output!, windowsOf(x!.shape, attrs as PoolAttrs))
}

/** Inputs: x, float32. Windows outside of the image give NaN in images and 0 in volumes, as in tfjs. */
const mean: Primitive = {
  name: "WindowMean",
  inputs: ["x"],
  infer: ([x], attrs) => [{ shape: pooledShape(x!.shape, attrs as PoolAttrs), dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    const empty = x!.shape.length === 4 ? NaN : 0
    lowerMean(lowering, x!, output!, windowsOf(x!.shape, attrs as PoolAttrs), empty)
  }
}

/** Inputs: x `[N,H,W,C]`, float32. The attribute `wholeBatch` says to count from the start of x, not of each item. */
const argmax: Primitive = {
  name: "WindowArgmax",
  inputs: ["x"],
  infer: ([x], attrs) => [{ shape: pooledShape(x!.shape, attrs as PoolAttrs), dtype: "int32" }],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    const windows = windowsOf(x!.shape, attrs as PoolAttrs)
    lowerArgmax(lowering, x!, output!, windows, attrs["wholeBatch"] === true)
  }
}

/** Inputs: dy, x. The attribute `last` says which of several equal maxima gets the gradient. */
const maxGradient: Primitive = {
  name: "WindowMaxGradient",
  inputs: ["dy", "x"],
  infer: ([, x]) => [{ shape: x!.shape, dtype: "float32" }],
  lower: ({ attrs, inputs: [dy, x], outputs: [output] }, lowering) => {
    const windows = windowsOf(x!.shape, attrs as PoolAttrs)
    lowerMaxGradient(lowering, dy!, x!, output!, windows, attrs["last"] === true)
  }
}

/** Inputs: dy; the attribute `inputShape` is that of the result. */
const meanGradient: Primitive = {
  name: "WindowMeanGradient",
  inputs: ["dy"],
  infer: (_, { inputShape }) => [{ shape: inputShape as Shape, dtype: "float32" }],
  lower: ({ attrs, inputs: [dy], outputs: [output] }, lowering) =>
    lowerMeanGradient(lowering, dy!, output!, windowsOf(output!.shape, attrs as PoolAttrs))
}

type Pool = (x: Shape, attrs: Attrs) => PoolAttrs

/** @throws Error when the window or its stride does not fit tfjs's rules */
const pool2D: Pool = (x, attrs) => {
  if (x.length !== 4) throw new Error(`a pool of images needs rank 4, got the shape [${x.join()}]`)
  const info: backend_util.Conv2DInfo = tfjs().backend_util.computePool2DInfo(
    x as [number, number, number, number],
    attrs["filterSize"] as number,
    attrs["strides"] as number,
    1,
    attrs["pad"] as number,
    attrs["dimRoundingMode"] as "floor"
  )
  return {
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    before: [info.padInfo.top, info.padInfo.left],
    out: [info.outHeight, info.outWidth]
  }
}

const pool3D: Pool = (x, attrs) => {
  const info: backend_util.Conv3DInfo = tfjs().backend_util.computePool3DInfo(
    x as [number, number, number, number, number],
    attrs["filterSize"] as number,
    attrs["strides"] as number,
    1,
    attrs["pad"] as number,
    attrs["dimRoundingMode"] as "floor",
    attrs["dataFormat"] as "NDHWC" | undefined
  )
  return {
    kernel: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
    out: [info.outDepth, info.outHeight, info.outWidth]
  }
}

const isIdentity = (x: Shape, { kernel, out }: PoolAttrs): boolean =>
  kernel.every((length) => length === 1) && sameShape(out, x.slice(1, -1))

/** Where the gradient has more or fewer windows than the attributes give (they lack the rounding mode), it is right. */
const likeGradient = (attrs: PoolAttrs, dy: Value): PoolAttrs => ({
  ...attrs,
  out: dy.shape.slice(1, -1)
})

const converted = (recorder: Recorder, value: Value, dtype: Value["dtype"]): Value =>
  value.dtype === dtype ? value : recorder.one("Convert", [value], { dtype })

const maxPool = (name: string, pool: Pool): Composite => ({
  name,
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const windows = pool(x!.shape, attrs)
    if (isIdentity(x!.shape, windows)) return [x!]
    const numbers = x!.dtype === "bool" ? converted(recorder, x!, "int32") : x!
    return [converted(recorder, recorder.one("WindowMax", [numbers], windows), x!.dtype)]
  }
})

const avgPool = (name: string, pool: Pool): Composite => ({
  name,
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const windows = pool(x!.shape, attrs)
    if (isIdentity(x!.shape, windows)) return [x!]
    const means = recorder.one("WindowMean", [converted(recorder, x!, "float32")], windows)
    return [converted(recorder, means, x!.dtype)]
  }
})

const maxPoolGrad = (name: string, pool: Pool, last: boolean): Composite => ({
  name,
  inputs: ["dy", "input"],
  expand: (recorder, [dy, x], attrs) => [
    recorder.one(
      "WindowMaxGradient",
      [converted(recorder, dy!, "float32"), converted(recorder, x!, "float32")],
      { ...likeGradient(pool(x!.shape, attrs), dy!), last }
    )
  ]
})

const avgPoolGrad = (name: string, pool: Pool): Composite => ({
  name,
  inputs: ["dy", "input"],
  expand: (recorder, [dy, x], attrs) => [
    recorder.one("WindowMeanGradient", [converted(recorder, dy!, "float32")], {
      ...likeGradient(pool(x!.shape, attrs), dy!),
      inputShape: x!.shape
    })
  ]
})

const maxPoolWithArgmax: Composite = {
  name: "MaxPoolWithArgmax",
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const windows = pool2D(x!.shape, attrs)
    const places = recorder.one("WindowArgmax", [converted(recorder, x!, "float32")], {
      ...windows,
      wholeBatch: attrs["includeBatchInIndex"] === true
    })
    const numbers = x!.dtype === "bool" ? converted(recorder, x!, "int32") : x!
    const maxima = recorder.one("WindowMax", [numbers], windows)
    return [converted(recorder, maxima, x!.dtype), places]
  }
}

export const poolKernels: ReadonlyArray<Kernel> = [
  max,
  mean,
  argmax,
  maxGradient,
  meanGradient,
  maxPool("MaxPool", pool2D),
  avgPool("AvgPool", pool2D),
  maxPool("MaxPool3D", pool3D),
  avgPool("AvgPool3D", pool3D),
  // tfjs's searches differ: that of images takes what is larger, that of volumes also what is equal.
  maxPoolGrad("MaxPoolGrad", pool2D, false),
  avgPoolGrad("AvgPoolGrad", pool2D),
  maxPoolGrad("MaxPool3DGrad", pool3D, true),
  avgPoolGrad("AvgPool3DGrad", pool3D),
  maxPoolWithArgmax
]

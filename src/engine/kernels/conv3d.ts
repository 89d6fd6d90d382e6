/** Convolutions of volumes `[N,D,H,W,C]`. */
import type { backend_util } from "@tensorflow/tfjs"
import { type Attrs, type Shape, type Value } from "../graph/value.ts"
import {
  type VolumeAttrs,
  lowerVolumeConv,
  lowerVolumeFilterGradient,
  lowerVolumeInputGradient,
  volumeShape
} from "../lowering/conv/volume.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

const conv: Primitive = {
  name: "VolumeConv",
  inputs: ["x", "filter"],
  infer: ([x, filter], attrs) => [
    { shape: volumeShape(x!.shape, filter!.shape, attrs as VolumeAttrs), dtype: "float32" }
  ],
  lower: ({ attrs, inputs: [x, filter], outputs: [output] }, lowering) =>
    lowerVolumeConv(lowering, x!, filter!, output!, attrs as VolumeAttrs)
}

/** The attribute `inputShape` is the result's shape. */
const inputGradient: Primitive = {
  name: "VolumeInputGradient",
  inputs: ["dy", "filter"],
  infer: (_, { inputShape }) => [{ shape: inputShape as Shape, dtype: "float32" }],
  lower: ({ attrs, inputs: [dy, filter], outputs: [output] }, lowering) =>
    lowerVolumeInputGradient(lowering, dy!, filter!, output!, attrs as VolumeAttrs)
}

/** The attribute `filterShape` is the result's shape. */
const filterGradient: Primitive = {
  name: "VolumeFilterGradient",
  inputs: ["x", "dy"],
  infer: (_, { filterShape }) => [{ shape: filterShape as Shape, dtype: "float32" }],
  lower: ({ attrs, inputs: [x, dy], outputs: [output] }, lowering) =>
    lowerVolumeFilterGradient(lowering, x!, dy!, output!, attrs as VolumeAttrs)
}

/** @throws Error when the paddings or strides are not as tfjs wants them */
const planOf = (x: Shape, filter: Shape, attrs: Attrs, dy?: Value): VolumeAttrs => {
  const info: backend_util.Conv3DInfo = tfjs().backend_util.computeConv3DInfo(
    x as [number, number, number, number, number],
    filter as [number, number, number, number, number],
    attrs["strides"] as number,
    (attrs["dilations"] ?? 1) as number,
    attrs["pad"] as "same"
  )
  const { padInfo } = info
  const before = [padInfo.front, padInfo.top, padInfo.left] as const
  const strides = [info.strideDepth, info.strideHeight, info.strideWidth] as const
  const dilations = [info.dilationDepth, info.dilationHeight, info.dilationWidth] as const
  const out = dy?.shape.slice(1, 4) ?? [info.outDepth, info.outHeight, info.outWidth]
  const after = ([0, 1, 2] as const).map(
    (axis) =>
      (out[axis]! - 1) * strides[axis] +
      (filter[axis]! - 1) * dilations[axis] +
      1 -
      x[axis + 1]! -
      before[axis]
  )
  return { strides, dilations, before, after: after as [number, number, number] }
}

const forward: Composite = {
  name: "Conv3D",
  inputs: ["x", "filter"],
  expand: (recorder, [x, filter], attrs) => [
    recorder.one("VolumeConv", [x!, filter!], planOf(x!.shape, filter!.shape, attrs))
  ]
}

const backpropInput: Composite = {
  name: "Conv3DBackpropInputV2",
  inputs: ["dy", "filter"],
  expand: (recorder, [dy, filter], attrs) => {
    const inputShape = attrs["inputShape"] as Shape
    const plan = planOf(inputShape, filter!.shape, attrs, dy)
    return [recorder.one("VolumeInputGradient", [dy!, filter!], { ...plan, inputShape })]
  }
}

const backpropFilter: Composite = {
  name: "Conv3DBackpropFilterV2",
  inputs: ["x", "dy"],
  expand: (recorder, [x, dy], attrs) => {
    const filterShape = attrs["filterShape"] as Shape
    const plan = planOf(x!.shape, filterShape, attrs, dy)
    return [recorder.one("VolumeFilterGradient", [x!, dy!], { ...plan, filterShape })]
  }
}

export const conv3DKernels: ReadonlyArray<Kernel> = [
  conv,
  inputGradient,
  filterGradient,
  forward,
  backpropInput,
  backpropFilter
]

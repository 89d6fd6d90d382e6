/**
 * Resizing images. The gradients are the transposes of the resizing that was done; tfjs's own leave `halfPixelCenters` out
 * of account, give a bilinear gradient the wrong shape when the image is not square, and mix up images of a batch in
 * the nearest-neighbour gradient.
 */
import { type Attrs, type Shape, type Spec, type Value } from "../graph/value.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { lowerBilinear, lowerBilinearGradient } from "../lowering/resize/bilinear.ts"
import { lowerNearest, lowerNearestGradient } from "../lowering/resize/nearest.ts"
import { type Alignment, alignmentOf } from "../lowering/resize/sources.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

type Lower = (lowering: Lowering, x: Value, output: Value, alignment: Alignment) => void

/** Inputs: an image `[N,H,W,C]`; the attribute `size` is the result's `[H', W']`. */
const resize = (name: string, lower: Lower): Primitive => ({
  name,
  inputs: ["images"],
  infer: ([images], { size }) => [
    { shape: images!.shape.toSpliced(1, 2, ...(size as Shape)), dtype: images!.dtype }
  ],
  lower: ({ attrs, inputs: [images], outputs: [output] }, lowering) =>
    lower(lowering, images!, output!, alignmentOf(attrs))
})

/** Inputs: dy; the attribute `inputShape` is that of the image. */
const gradient = (name: string, lower: Lower): Primitive => ({
  name,
  inputs: ["dy"],
  infer: (_, { inputShape }): ReadonlyArray<Spec> => [
    { shape: inputShape as Shape, dtype: "float32" }
  ],
  lower: ({ attrs, inputs: [dy], outputs: [output] }, lowering) =>
    lower(lowering, dy!, output!, alignmentOf(attrs))
})

const attrsOf = (attrs: Attrs): Attrs => ({ size: attrs["size"], ...alignmentOf(attrs) })

const resizeBilinear: Composite = {
  name: "ResizeBilinear",
  inputs: ["images"],
  expand: (recorder, [images], attrs) => {
    const float =
      images!.dtype === "float32"
        ? images!
        : recorder.one("Convert", [images!], { dtype: "float32" })
    return [recorder.one("Bilinear", [float], attrsOf(attrs))]
  }
}

const resizeNearest: Composite = {
  name: "ResizeNearestNeighbor",
  inputs: ["images"],
  expand: (recorder, [images], attrs) => [recorder.one("Nearest", [images!], attrsOf(attrs))]
}

const resizeGradient = (name: string, op: string): Composite => ({
  name,
  inputs: ["images", "dy"],
  expand: (recorder, [images, dy], attrs) => [
    recorder.one(op, [dy!], { inputShape: images!.shape, ...alignmentOf(attrs) })
  ]
})

export const resizeKernels: ReadonlyArray<Kernel> = [
  resize("Bilinear", lowerBilinear),
  resize("Nearest", lowerNearest),
  gradient("BilinearGradient", lowerBilinearGradient),
  gradient("NearestGradient", lowerNearestGradient),
  resizeBilinear,
  resizeNearest,
  resizeGradient("ResizeBilinearGrad", "BilinearGradient"),
  resizeGradient("ResizeNearestNeighborGrad", "NearestGradient")
]

import { type Attrs, type Shape } from "../../graph/value.ts"

/** One 2-D convolution of `x` `[N,H,W,I]` with filters `[kh,kw,I/groups,O]` to `y` `[N,OH,OW,O]`, seen from any of its three tensors. */
export interface ConvGeometry {
  readonly n: number
  readonly h: number
  readonly w: number
  readonly inputs: number
  readonly outputs: number
  readonly kernel: readonly [height: number, width: number]
  readonly out: readonly [height: number, width: number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** Zeros around `x`: top, left, bottom, right, ONNX's order. */
  readonly pads: readonly [number, number, number, number]
  readonly groups: number
}

/** The attributes of our convolution kernels: what is left of tfjs's once shapes are known. */
export interface ConvAttrs extends Attrs {
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  readonly pads: readonly [number, number, number, number]
  readonly groups: number
}

export const geometryOf = (
  x: Shape,
  filter: Shape,
  { dilations, groups, pads, strides }: ConvAttrs
): ConvGeometry => {
  const [n, h, w, inputs] = x as readonly [number, number, number, number]
  const [kh, kw, , outputs] = filter as readonly [number, number, number, number]
  const length = (size: number, kernel: number, axis: 0 | 1) =>
    Math.floor(
      (size + pads[axis] + pads[axis + 2]! - (kernel - 1) * dilations[axis] - 1) / strides[axis]
    ) + 1
  return {
    n,
    h,
    w,
    inputs,
    outputs,
    kernel: [kh, kw],
    out: [length(h, kh, 0), length(w, kw, 1)],
    strides,
    dilations,
    pads,
    groups
  }
}

/** Whether the window is as large as the unpadded image: then the convolution is a matrix product. */
export const isWholeImage = ({ dilations, groups, h, kernel, pads, w }: ConvGeometry): boolean =>
  groups === 1 &&
  h * w > 1 &&
  kernel[0] === h &&
  kernel[1] === w &&
  pads.every((pad) => pad === 0) &&
  dilations.every((dilation) => dilation === 1)

/** Whether each channel has one filter of its own. */
export const isDepthwise = ({ groups, inputs, outputs }: ConvGeometry): boolean =>
  groups === inputs && inputs === outputs

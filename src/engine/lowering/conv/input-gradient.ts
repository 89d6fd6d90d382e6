/** From the gradient of a convolution's result to that of its input; also the transposed convolution. */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { backwardFilter, depthwiseFilter, readsBlocked } from "./blocked-filter.ts"
import { type ConvGeometry, isDepthwise, isWholeImage } from "./geometry.ts"
import { onnxConvTranspose } from "./onnx-conv.ts"
import { wholeImageInputGradient } from "./whole-image.ts"

export const lowerInputGradient = (
  lowering: Lowering,
  dy: Value,
  filter: Value,
  bias: Value | undefined,
  output: Value,
  geometry: ConvGeometry
): void => {
  const { block } = lowering.target
  const { groups, inputs, out, outputs } = geometry
  if (output.size === 0 || (dy.size === 0 && bias === undefined)) {
    return lowering.defineUniform(output, 0)
  }
  if (lowering.target.provider === "cpu" && isWholeImage(geometry) && out[0] * out[1] === 1) {
    wholeImageInputGradient(lowering, dy, filter, output, geometry)
    if (bias !== undefined) {
      const sum = lowering.onnx.node("Add", [lowering.plain(output), lowering.plain(bias)])
      lowering.define(output, "plain", sum)
    }
    return
  }
  const readsDy = groups === 1 ? readsBlocked(outputs, block) : isDepthwise(geometry)
  if (block > 0 && inputs % block === 0 && readsDy) {
    const rows = phasesOf(geometry, 0)
    const columns = phasesOf(geometry, 1)
    if (rows !== undefined && columns !== undefined) {
      return byPhases(lowering, dy, filter, bias, output, geometry, rows, columns)
    }
  }
  transposedConv(lowering, dy, filter, bias, output, geometry)
}

/**
 * One residue of the input's rows (or columns) modulo the stride: with stride s, row `y = a + s·u` of dx only sees the taps
 * `q ≡ a + p (mod s)`, so it is a convolution of dy with those taps, reversed.
 */
interface Phase {
  readonly taps: ReadonlyArray<number>
  readonly before: number
  readonly after: number
}

/** All residues, or undefined when one of them is no convolution with taps and padding of its own. */
const phasesOf = (
  { dilations, h, kernel, out, pads, strides, w }: ConvGeometry,
  axis: 0 | 1
): ReadonlyArray<Phase> | undefined => {
  const [k, d, s, p, length] = [kernel[axis], dilations[axis], strides[axis], pads[axis], out[axis]]
  const size = axis === 0 ? h : w
  if (s === 1) {
    const before = (k - 1) * d - p
    const after = size - length + (k - 1) * d - before
    const taps = Array.from({ length: k }, (_, tap) => k - 1 - tap)
    return before < 0 || after < 0 ? undefined : [{ taps, before, after }]
  }
  if (d !== 1 || size % s !== 0) return undefined
  const phases = Array.from({ length: s }, (_, a): Phase => {
    const r = (a + p) % s
    const count = Math.max(0, Math.ceil((k - r) / s))
    const before = count - 1 - (a + p - r) / s
    return {
      taps: Array.from({ length: count }, (_, j) => r + s * (count - 1 - j)),
      before,
      after: size / s + count - 1 - length - before
    }
  })
  return phases.some(({ after, before, taps }) => taps.length === 0 || before < 0 || after < 0)
    ? undefined
    : phases
}

const byPhases = (
  lowering: Lowering,
  dy: Value,
  filter: Value,
  bias: Value | undefined,
  output: Value,
  { dilations, groups, h, inputs, kernel, n, outputs, strides, w }: ConvGeometry,
  rows: ReadonlyArray<Phase>,
  columns: ReadonlyArray<Phase>
): void => {
  const { onnx, target } = lowering
  const { block } = target
  const source = outputs % block === 0 ? lowering.blocked(dy) : lowering.nchw(dy)
  const phase = (row: Phase, column: Phase): string => {
    const taps = {
      kernel: [row.taps.length, column.taps.length] as const,
      order: row.taps.flatMap((y) => column.taps.map((x) => y * kernel[1] + x))
    }
    const name = lowering.plain(filter)
    const filters =
      groups === 1
        ? backwardFilter(lowering, name, [...kernel, inputs, outputs], taps)
        : depthwiseFilter(lowering, name, [...kernel, inputs], taps)
    return lowering.nchwc(
      "Conv",
      [source, filters, ...(bias === undefined ? [] : [lowering.plain(bias)])],
      {
        group: groups,
        kernel_shape: taps.kernel,
        strides: [1, 1],
        pads: [row.before, column.before, row.after, column.after],
        dilations: strides[0] === 1 && strides[1] === 1 ? dilations : [1, 1]
      }
    )
  }
  const [height, width] = [h / strides[0], w / strides[1]]
  const planes = (n * inputs) / block
  // Columns first, then rows; each join is on views in which what is to be interleaved lies side by side.
  const joined = rows.map((row) =>
    interleave(
      lowering,
      columns.map((column) => phase(row, column)),
      [planes * height, width, block]
    )
  )
  const whole = interleave(lowering, joined, [planes * height, w * block])
  lowering.define(output, "blocked", onnx.reshape(whole, [n, inputs, h, w]))
}

const interleave = (
  { onnx }: Lowering,
  parts: ReadonlyArray<string>,
  view: ReadonlyArray<number>
): string =>
  parts.length === 1
    ? parts[0]!
    : onnx.node(
        "Concat",
        parts.map((part) => onnx.reshape(part, view)),
        { axis: view.length - 1 }
      )

/** By ONNX's own operator, channels first. */
const transposedConv = (
  lowering: Lowering,
  dy: Value,
  filter: Value,
  bias: Value | undefined,
  output: Value,
  { dilations, groups, h, inputs, kernel, n, out, outputs, pads, strides, w }: ConvGeometry
): void => {
  const { onnx } = lowering
  // ONNX's filter is [O, I/groups, kh, kw], with O the channels that come in here.
  const reordered = onnx.transpose(lowering.plain(filter), [3, 2, 0, 1])
  const missing = ([h, w] as const).map(
    (size, axis) =>
      size -
      ((out[axis]! - 1) * strides[axis]! +
        (kernel[axis]! - 1) * dilations[axis]! +
        1 -
        pads[axis]! -
        pads[axis + 2]!)
  )
  // Rows that no window reached come from padding the result, which is done on the side where they lack.
  const left = missing.map((rows, axis) => Math.max(0, rows - pads[axis + 2]!))
  const whole = left.every((rows) => rows === 0)
  const result = onnxConvTranspose(
    lowering,
    { name: lowering.nchw(dy), dims: [n, outputs, ...out] },
    { name: reordered, dims: [outputs, inputs / groups, ...kernel] },
    {
      groups,
      kernel,
      strides,
      dilations,
      pads: [
        pads[0],
        pads[1],
        Math.max(0, pads[2] - missing[0]!),
        Math.max(0, pads[3] - missing[1]!)
      ]
    },
    bias !== undefined && whole ? lowering.plain(bias) : undefined
  )
  if (whole) return lowering.define(output, "nchw", result)
  const padded = onnx.node("Pad", [result, onnx.ints([0, 0, 0, 0, 0, 0, left[0]!, left[1]!])])
  const summed =
    bias === undefined
      ? padded
      : onnx.node("Add", [padded, onnx.reshape(lowering.plain(bias), [1, bias.size, 1, 1])])
  lowering.define(output, "nchw", summed)
}

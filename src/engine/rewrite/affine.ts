/**
 * Scales, shifts and sums of images, collected into `Affine` nodes: each is one pass over memory on the CPU however much it
 * holds. Coefficients are small tensors, so working with them costs next to nothing.
 */
import { optionalInputs } from "../graph/optional-inputs.ts"
import { type Recorder } from "../graph/recorder.ts"
import { type Node, type Value, sameShape } from "../graph/value.ts"
import { extentOf } from "../lowering/affine.ts"
import { madeBy } from "./match.ts"
import { type Rule } from "./rewrite.ts"

export interface Affine {
  readonly x: Value
  readonly scale: Value | undefined
  readonly shift: Value | undefined
  readonly sum: Value | undefined
}

/** The parts of an `Affine` node. */
export const partsOf = (node: Node): Affine => ({
  ...nothing,
  x: node.inputs[0]!,
  ...optionalInputs(node, 1, ["scale", "shift", "sum"])
})

export const affine = (recorder: Recorder, { scale, shift, sum, x }: Affine): Value => {
  const given = { scale, shift, sum }
  const attrs = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value === undefined ? 0 : 1])
  )
  const extras = Object.values(given).filter((value) => value !== undefined)
  return extras.length === 0 ? x : recorder.one("Affine", [x, ...extras], attrs)
}

const nothing = { scale: undefined, shift: undefined, sum: undefined }

/** An image with coefficients, in either order: `[image, coefficients, whether they come first]`. */
const imageAndCoefficients = (
  { inputs }: Node,
  output: Value
): readonly [Value, Value, boolean] | undefined => {
  const [a, b] = inputs as readonly [Value, Value]
  if (sameShape(a.shape, output.shape) && extentOf(b, a) !== undefined) return [a, b, false]
  if (sameShape(b.shape, output.shape) && extentOf(a, b) !== undefined) return [b, a, true]
  return undefined
}

/**
 * An image scaled or shifted by a number, by channel, or by channel and image. A division by a number stays one: it is as
 * fast, and 49 · (1/49) is less than 1, which a program that rounds down would notice.
 */
export const scaleOrShift: Rule = {
  name: "scale or shift",
  ops: ["Multiply", "RealDiv", "Add", "Sub", "Neg"],
  apply: (node, { recorder }) => {
    const output = node.outputs[0]!
    if (output.dtype !== "float32" || output.shape.length !== 4) return undefined
    if (node.op === "Neg") {
      const x = node.inputs[0]!
      const scale = recorder.constant(-1)
      return extentOf(scale, x) === undefined
        ? undefined
        : [affine(recorder, { ...nothing, x, scale })]
    }
    const found = imageAndCoefficients(node, output)
    if (found === undefined) return undefined
    const [x, coefficients, first] = found
    const make = (parts: Partial<Affine>) => [affine(recorder, { ...nothing, x, ...parts })]
    switch (node.op) {
      case "Multiply":
        return make({ scale: coefficients })
      case "RealDiv":
        return first || extentOf(coefficients, x) === "scalar"
          ? undefined
          : make({ scale: recorder.one("Reciprocal", [coefficients]) })
      case "Add":
        return make({ shift: coefficients })
      default:
        return first
          ? make({ scale: recorder.constant(-1), shift: coefficients })
          : make({ shift: recorder.one("Neg", [coefficients]) })
    }
  }
}

/** `Affine(x) + y` with y as large as x, or a convolution instead of the affine map: it can add, too. */
export const addedImage: Rule = {
  name: "added image",
  ops: ["Add", "Sub"],
  apply: ({ inputs, op, outputs: [output] }, { recorder, uses }) => {
    const [a, b] = inputs as readonly [Value, Value]
    if (!sameShape(a.shape, output!.shape) || !sameShape(b.shape, output!.shape)) return undefined
    const open = (value: Value): Affine | undefined => {
      const node = uses(value) === 1 ? madeBy(value, "Affine", "Conv") : undefined
      if (node === undefined) return undefined
      if (node.op === "Conv") return node.attrs["sum"] === 1 ? undefined : { ...nothing, x: value }
      const parts = partsOf(node)
      return parts.sum === undefined ? parts : undefined
    }
    const second = open(b)
    if (op === "Sub") {
      if (second === undefined) return undefined
      const { scale, shift, x } = second
      return [
        affine(recorder, {
          x,
          scale: scale === undefined ? recorder.constant(-1) : recorder.one("Neg", [scale]),
          shift: shift && recorder.one("Neg", [shift]),
          sum: a
        })
      ]
    }
    if (second !== undefined) return [affine(recorder, { ...second, sum: a })]
    const first = open(a)
    return first === undefined ? undefined : [affine(recorder, { ...first, sum: b })]
  }
}

/** An affine map of an affine map. */
export const composed: Rule = {
  name: "composed affine maps",
  ops: ["Affine"],
  apply: (node, { recorder, uses }) => {
    const outer = partsOf(node)
    const made = madeBy(outer.x, "Affine")
    if (made === undefined) return undefined
    const inner = partsOf(made)
    if (inner.sum !== undefined && (outer.scale !== undefined || outer.sum !== undefined))
      return undefined
    // Reading the inner map's own input makes the pass no shorter, but where that input is kept anyway (a normalised image
    // behind its scale, of which an activation's gradient wants a multiple) the inner map need not be.
    const rescaled =
      outer.shift === undefined &&
      outer.sum === undefined &&
      outer.scale !== undefined &&
      extentOf(outer.scale, outer.x) === "scalar" &&
      inner.scale !== undefined
    if (uses(outer.x) !== 1 && !rescaled) return undefined
    const both = (op: string, a: Value | undefined, b: Value | undefined): Value | undefined =>
      a === undefined || b === undefined ? (a ?? b) : recorder.one(op, [a, b])
    const shift =
      inner.shift === undefined || outer.scale === undefined
        ? inner.shift
        : recorder.one("Multiply", [inner.shift, outer.scale])
    return [
      affine(recorder, {
        x: inner.x,
        scale: both("Multiply", inner.scale, outer.scale),
        shift: both("Add", shift, outer.shift),
        sum: outer.sum ?? inner.sum
      })
    ]
  }
}

/** Scales leave sums over pixels: the sum of a multiple is the multiple of the sum. */
export const scaledSum: Rule = {
  name: "scaled sum",
  ops: ["Sum", "ChannelDot"],
  apply: (node, { recorder }) => {
    for (const [index, input] of node.inputs.entries()) {
      const made = madeBy(input, "Affine")
      if (made === undefined) continue
      const { scale, shift, sum, x } = partsOf(made)
      if (scale === undefined || shift !== undefined || sum !== undefined) continue
      if (extentOf(scale, x) !== "scalar") continue
      const unscaled = recorder.one(node.op, node.inputs.with(index, x), node.attrs)
      const factor = recorder.one("Reshape", [scale], { shape: [] })
      return [recorder.one("Multiply", [unscaled, factor])]
    }
    return undefined
  }
}

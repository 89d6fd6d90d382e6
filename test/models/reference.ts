/** What PyTorch computed (test/parity/unet_reference.py), and how near we must come. */
import { assert } from "vitest"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import { type ParameterSpec, type State, tensorsOf } from "../../src/models/parameters.ts"
import { fromStateDict, type StateDict } from "../../src/models/state-dict.ts"
import { decodeSafetensors } from "../../src/safetensors/decode.ts"

export interface Reference {
  readonly metadata: { readonly [key: string]: string }
  /** A float32 tensor of the file. */
  readonly tensor: (name: string) => Tensor
  /** Those below `PREFIX/`, by the rest of their names; whole numbers are left out. */
  readonly below: (prefix: string) => Record<string, Tensor>
  /** The same as a state dict, whole numbers with them. */
  readonly weights: (prefix: string) => StateDict
  /** The same in our layouts, of the given parameters. */
  readonly state: (prefix: string, parameters: ReadonlyArray<ParameterSpec>) => State
  /** Every name, with its shape. */
  readonly shapes: ReadonlyMap<string, ReadonlyArray<number>>
}

/** The fixture's file, such as `unet/add`. */
export const referenceFile = (name: string): string =>
  path.join(import.meta.dirname, "..", "fixtures", `${name}.safetensors`)

export const readReference = (name: string): Reference => {
  const file = referenceFile(name)
  const { metadata, tensors } = decodeSafetensors(readFileSync(file), file)
  const tensor = (key: string): Tensor => {
    const raw = tensors.get(key)
    if (raw?.dtype !== "F32") throw new Error(`${file} has no float32 tensor ${key}`)
    // A copy, since the file's tensors need not be aligned.
    const values = new Float32Array(new Uint8Array(raw.bytes).buffer)
    return tf.tensor(values, [...raw.shape])
  }
  const below = (prefix: string) =>
    Object.fromEntries(
      [...tensors]
        .filter(([key, { dtype }]) => key.startsWith(`${prefix}/`) && dtype === "F32")
        .map(([key]) => [key.slice(prefix.length + 1), tensor(key)])
    )
  const weights = (prefix: string): StateDict =>
    Object.fromEntries(
      [...tensors]
        .filter(([key]) => key.startsWith(`${prefix}/`))
        .map(([key, { bytes, dtype, shape }]) => {
          const { buffer } = new Uint8Array(bytes)
          const data = dtype === "I64" ? new BigInt64Array(buffer) : new Float32Array(buffer)
          return [key.slice(prefix.length + 1), { shape, data }]
        })
    )
  return {
    metadata,
    tensor,
    below,
    weights,
    state: (prefix, parameters) =>
      tensorsOf(parameters, fromStateDict(parameters, weights(prefix))),
    shapes: new Map([...tensors].map(([key, { shape }]) => [key, shape]))
  }
}

/** Largest difference, as a part of the largest expected magnitude. */
export const relativeError = (got: Tensor, expected: Tensor): number => {
  assert.deepStrictEqual(got.shape, expected.shape)
  const [a, b] = [got.dataSync(), expected.dataSync()]
  let [difference, scale] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    // NaN must not hide behind a comparison.
    const distance = Math.abs(a[i]! - b[i]!)
    difference = Math.max(difference, Number.isNaN(distance) ? Infinity : distance)
    scale = Math.max(scale, Math.abs(b[i]!))
  }
  return difference === 0 ? 0 : difference / scale
}

export const assertNear = (got: Tensor, expected: Tensor, tolerance: number, what = ""): void => {
  const error = relativeError(got, expected)
  assert.isAtMost(error, tolerance, `${what} differs by ${error} of its largest value`)
}

/** The same names, each near. */
export const assertAllNear = (
  got: Readonly<Record<string, Tensor>>,
  expected: Readonly<Record<string, Tensor>>,
  tolerance: number
): void => {
  assert.deepStrictEqual(Object.keys(got).toSorted(), Object.keys(expected).toSorted())
  for (const [name, tensor] of Object.entries(expected)) {
    assertNear(got[name]!, tensor, tolerance, name)
  }
}

/** The reference's complete sampling runs: their settings, their noise, and each of their states. */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import type { ImageArray } from "../../../src/engine/tensors.ts"
import type { TimestepsName } from "../../../src/diffusion/stepping/named-timesteps.ts"
import { decodeSafetensors } from "../../../src/safetensors/decode.ts"
import { typedArray } from "../../../src/safetensors/typed-array.ts"
import { type Expected, readReference } from "./reference.ts"

export interface RunSettings {
  readonly kind: "txt2img" | "img2img" | "inpaint" | "superres" | "cs180"
  /** The folder with the U-Net. */
  readonly unet: string
  readonly batch: number
  readonly guidance_scale: number
  readonly num_inference_steps?: number
  readonly custom_timesteps?: TimestepsName
  readonly strength?: number
  readonly noise_level?: number
  readonly strided?: readonly [from: number, stride: number]
  readonly i_start?: number
  /** The reference's own rounding. */
  readonly float32_vs_float64: { readonly max_abs: number }
}

export const runSettings = (folder: string): Readonly<Record<string, RunSettings>> =>
  JSON.parse(readFileSync(path.join(folder, "pipelines", "pipelines.json"), "utf8")) as Readonly<
    Record<string, RunSettings>
  >

export interface ReferenceRun {
  readonly has: (name: string) => boolean
  readonly expected: (name: string) => Expected
  /** One image of a tensor `[…,C,H,W]` as `[1,H,W,C]`; which, by the indices before these axes. */
  readonly image: (name: string, ...indices: ReadonlyArray<number>) => ImageArray
  readonly integers: (name: string) => ReadonlyArray<number>
  readonly bytes: (name: string) => Uint8Array
}

export const readRun = (folder: string, name: string): ReferenceRun => {
  const file = path.join(folder, "pipelines", `${name}.safetensors`)
  const { expected, integers, names } = readReference(file)
  return {
    has: (tensor) => names.includes(tensor),
    expected,
    image: (tensor, ...indices) => imageAt(expected(tensor), indices),
    integers: (tensor) => [...integers(tensor)],
    bytes: (tensor) => {
      const raw = decodeSafetensors(readFileSync(file), file).tensors.get(tensor)
      const bytes = raw === undefined ? undefined : typedArray(raw, ["U8"])
      if (bytes === undefined) throw new Error(`${file} has no bytes ${tensor}`)
      return bytes
    }
  }
}

const imageAt = ({ data, shape }: Expected, indices: ReadonlyArray<number>): ImageArray => {
  const before = shape.slice(0, -3)
  if (before.length !== indices.length) throw new RangeError(`${before.length} indices are needed`)
  const [channels, height, width] = shape.slice(-3) as [number, number, number]
  const pixels = height * width
  const which = indices.reduce((flat, index, axis) => flat * before[axis]! + index, 0)
  const planes = data.subarray(which * channels * pixels, (which + 1) * channels * pixels)
  return {
    shape: [1, height, width, channels],
    data: planes.map((_, i) => planes[(i % channels) * pixels + Math.floor(i / channels)]!)
  }
}

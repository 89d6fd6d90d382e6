/** A U-Net against diffusers: its output, and all that the reference has of what is computed on the way. */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import * as path from "node:path"
import { tf } from "../../../src/engine/tf.ts"
import { loadDeepFloydUNet } from "../../../src/models/deepfloyd/load.ts"
import type { Check, Row } from "./check.ts"
import { type Expected, largestError, type Reference, readReference } from "./reference.ts"

/** For numbers up to 4, as outputs are: four times the reference's own rounding, a third of the smallest mistake that was tried. */
const tolerance = 2e-5
const outputSize = 4

const tapPrefix = "tap."

/** @param stage the folder with `unet/` and `io.safetensors` */
export const unetCheck = (stage: string, variant?: string): Check => ({
  name: stage,
  needs: `${stage}/io.safetensors`,
  rows: (folder) => {
    const reference = readReference(path.join(folder, stage, "io.safetensors"))
    return compare(reference, path.join(folder, stage, "unet"), variant)
  }
})

const compare = (
  reference: Reference,
  folder: string,
  variant: string | undefined
): ReadonlyArray<Row> => {
  const { config, forward, state } = loadDeepFloydUNet(folder, variant)
  const rows: Array<Row> = []
  const taps = new Map<string, Tensor>()
  tf.tidy(() => {
    const sample = reference.image("sample")
    const timesteps = reference.tensor("timesteps") as Tensor1D
    const text = reference.tensor("encoder_hidden_states") as Tensor3D
    const noiseLevel = config.noiseLevel
      ? { noiseLevel: reference.tensor("class_labels") as Tensor1D }
      : {}
    const add = (what: string, got: Tensor) => {
      const expected = reference.expected(what)
      // On the way numbers are larger: with 20 instead of 4, their last bits are, too.
      const size = what.startsWith(tapPrefix)
        ? Math.max(outputSize, largestOf(expected))
        : outputSize
      const error = largestError(channelsFirst(got), expected)
      rows.push({ what, error, tolerance: (tolerance * size) / outputSize })
    }
    const output = forward(state, sample, timesteps, text, {
      ...noiseLevel,
      tap: (name, tensor) => taps.set(name, tf.keep(tensor))
    })
    for (const name of reference.names) {
      if (!name.startsWith(tapPrefix)) continue
      const tapped = taps.get(name.slice(tapPrefix.length))
      if (tapped === undefined) rows.push({ what: name, error: Infinity, tolerance })
      else add(name, tapped)
    }
    add("output", output)
    if (reference.names.includes("scalar_timestep")) {
      const timestep = reference.tensor("scalar_timestep") as Tensor1D
      add("output_scalar_timestep", forward(state, sample, timestep, text, noiseLevel))
    }
    if (reference.names.includes("encoder_attention_mask")) {
      const attentionMask = reference.tensor("encoder_attention_mask") as Tensor2D
      const masked = forward(state, sample, timesteps, text, { ...noiseLevel, attentionMask })
      add("output_masked", masked)
    }
  })
  tf.dispose([...taps.values(), ...Object.values(state)])
  return rows
}

const largestOf = ({ data }: Expected): number =>
  data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)

/** As the reference has images; other tensors are alike. */
const channelsFirst = (tensor: Tensor): Tensor =>
  tensor.rank === 4 ? tf.transpose(tensor as Tensor4D, [0, 3, 1, 2]) : tensor

/** A U-Net's folder in the layouts that people have, and folders that are not sound. */
import { assert, describe, it } from "vitest"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { Tensor1D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../../src/engine/tf.ts"
import { loadDeepFloydUNet } from "../../../src/models/deepfloyd/load.ts"
import { decodeSafetensors, type RawTensor } from "../../../src/safetensors/decode.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"
import { raw, userError, writeShards } from "../../engine/weights/files.ts"
import { sharedFile, temporaryFolder } from "../../support/project.ts"

const source = sharedFile("fixtures", "if", "stage1-f16", "unet")
const fileName = "diffusion_pytorch_model.fp16.safetensors"
const root = temporaryFolder()

const emptyFolder = (): string => {
  const folder = mkdtempSync(path.join(root, "unet-"))
  copyFileSync(path.join(source!, "config.json"), path.join(folder, "config.json"))
  return folder
}

describe.skipIf(source === undefined)("loading a U-Net", () => {
  const original = (): Readonly<Record<string, RawTensor>> =>
    Object.fromEntries(decodeSafetensors(readFileSync(path.join(source!, fileName))).tensors)
  const folderWith = (tensors: Readonly<Record<string, RawTensor>>): string => {
    const folder = emptyFolder()
    writeFileSync(path.join(folder, fileName), encodeSafetensors(tensors))
    return folder
  }
  const output = (folder: string, variant?: string): Float32Array => {
    const { config, forward, state } = loadDeepFloydUNet(folder, variant)
    const result = tf.tidy(() => {
      const sample: Tensor4D = tf.reshape(tf.linspace(-1, 1, 192), [1, 8, 8, 3])
      const text: Tensor3D = tf.ones([1, 3, config.encoderHiddenDim])
      const timestep: Tensor1D = tf.tensor1d([500])
      return forward(state, sample, timestep, text).dataSync<"float32">()
    })
    tf.dispose(Object.values(state))
    return result
  }

  it("reads no weight, and holds each as a tensor in PyTorch's order", () => {
    const { shapes, state } = loadDeepFloydUNet(source!)
    assert.deepStrictEqual(
      Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape])),
      Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]]))
    )
    tf.dispose(Object.values(state))
  })
  it("takes shards of a variant beside another set of weights", () => {
    const expected = output(source!)
    const folder = emptyFolder()
    const entries = Object.entries(original())
    const half = Math.floor(entries.length / 2)
    const shard = (index: number) =>
      `diffusion_pytorch_model.fp16-0000${index}-of-00002.safetensors`
    writeShards(folder, {
      shards: {
        [shard(1)]: Object.fromEntries(entries.slice(0, half)),
        [shard(2)]: Object.fromEntries(entries.slice(half))
      },
      indexName: "diffusion_pytorch_model.safetensors.index.fp16.json"
    })
    const other = encodeSafetensors({ x: raw("F32", [1], Float32Array.of(1)) })
    writeFileSync(path.join(folder, "diffusion_pytorch_model.safetensors"), other)
    assert.deepStrictEqual(output(folder, "fp16"), expected)
    // Without the variant it is the other file, which is no such model.
    assert.include(userError(() => output(folder)).message, "missing")
  })
  it("names tensors that are missing, surplus, or of another shape, before it computes", () => {
    const { "conv_in.bias": bias, "conv_out.weight": filter, ...others } = original()
    const folder = folderWith({
      ...others,
      "conv_in.bais": bias!,
      "conv_out.weight": { ...filter!, shape: filter!.shape.toReversed() }
    })
    const { message } = userError(() => loadDeepFloydUNet(folder))
    assert.include(message, "conv_in.bias (there is conv_in.bais)")
    assert.include(message, "1 unexpected")
    assert.include(message, "conv_out.weight is [3,3,32,6], the model's is [6,32,3,3]")
  })
  it("refuses a folder without a configuration or without weights", () => {
    const none = path.join(root, "none")
    mkdirSync(none)
    assert.include(userError(() => loadDeepFloydUNet(none)).message, "config.json")
    assert.include(userError(() => loadDeepFloydUNet(emptyFolder())).message, "no safetensors file")
  })
})

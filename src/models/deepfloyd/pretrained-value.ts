/** A U-Net of DeepFloyd IF as a value: what its folder says, checked down to the shape of each tensor. No weight is read. */
import * as path from "node:path"
import { type Digest, digestOf } from "../../base/digest.ts"
import { UserError } from "../../base/user-error.ts"
import { isIndexName } from "../../engine/weights/choose-file.ts"
import { expectTensors } from "../../engine/weights/expect-tensors.ts"
import { openWeights } from "../../engine/weights/open-weights.ts"
import { readShardIndex } from "../../engine/weights/shard-index.ts"
import { parseJsonObject } from "../../safetensors/json-object.ts"
import type { JsonObject } from "../../base/json.ts"
import type { NoiseSchedule, Pretrained } from "../../values/values.ts"
import type { ConfigFile } from "./config-file.ts"
import { type DeepFloydConfig, decodeDeepFloydConfig, sizeMultiple } from "./config.ts"
import { deepFloydParameters } from "./parameters.ts"

/** A file below a folder whose content is known. */
export interface KnownFile {
  /** Relative to the folder, with forward slashes. */
  readonly name: string
  readonly digest: string
  readonly sizeBytes: number
  readonly read: () => Promise<Uint8Array>
}

export interface KnownFolder {
  /** How messages and the value name it. */
  readonly shown: string
  /** Absolute. */
  readonly location: string
  readonly files: ReadonlyArray<KnownFile>
}

export interface PretrainedSettings {
  readonly variant?: string
  /** Pixels a side; the configuration's `sample_size` when absent. */
  readonly size?: number
  readonly schedule: Omit<NoiseSchedule, "type">
}

/**
 * The part of a folder that is in a folder below it; undefined when there is none.
 *
 * @param name of the folder below, such as `unet`
 */
export const below = (folder: KnownFolder, name: string): KnownFolder | undefined => {
  const files = folder.files.flatMap((file) =>
    file.name.startsWith(`${name}/`) ? [{ ...file, name: file.name.slice(name.length + 1) }] : []
  )
  if (files.length === 0) return undefined
  return {
    shown: path.posix.join(folder.shown, name),
    location: path.join(folder.location, name),
    files
  }
}

/**
 * A JSON file of the folder.
 *
 * @throws UserError when it is not there, or holds no JSON object
 */
export const readConfig = async (
  { files, shown }: KnownFolder,
  name: string,
  hint: string
): Promise<ConfigFile> => {
  const file = files.find((one) => one.name === name)
  const shownFile = path.posix.join(shown, name)
  if (file === undefined)
    throw new UserError(`there is no file ${shownFile}`, { hint, exitCode: 1 })
  const json = parseJsonObject(await file.read(), "it", (problem) => {
    throw new UserError(`${shownFile} is not a sound configuration: ${problem}`, { exitCode: 1 })
  })
  return { shown: shownFile, json }
}

/**
 * @param folder with `config.json` and safetensors
 * @throws UserError when it is not a U-Net of IF, or its weights are not those of its configuration
 */
export const pretrainedUNet = async (
  folder: KnownFolder,
  { schedule, size, variant }: PretrainedSettings
): Promise<Pretrained> => {
  const file = await readConfig(
    folder,
    "config.json",
    "give the folder of a U-Net, or the one above it that has it as unet/"
  )
  const config = decodeDeepFloydConfig(file)
  const channels = checkedChannels(config, file.shown)
  const imageSize = checkedSize(size, config, file)
  const weights = openWeights(folder.location, variant)
  expectTensors(weights, deepFloydParameters(config))
  const used = usedFiles(weights.path).map((name) => known(folder, name))
  return {
    type: "Pretrained",
    kind: "deepfloyd-unet",
    folder: folder.shown,
    ...(variant === undefined ? {} : { variant }),
    files: used.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    content: contentOf([known(folder, "config.json"), ...used]),
    config: file.json as JsonObject,
    imageSize,
    imageChannels: channels,
    width: config.encoderHiddenDim,
    enlarges: config.noiseLevel,
    range: "[-1,1]",
    prediction: "epsilon",
    schedule
  }
}

const rgb = 3

/** Channels of an image: as many are the prediction's, and again as many what the variance is made of. */
const checkedChannels = (config: DeepFloydConfig, shown: string): number => {
  const { inChannels, noiseLevel, outChannels } = config
  const channels = outChannels / 2
  if (channels === rgb && inChannels === (noiseLevel ? 2 : 1) * rgb) return rgb
  throw new UserError(
    `${shown} does not describe a stage of DeepFloyd IF: in_channels is ${inChannels}, out_channels ${outChannels}, and the network ${noiseLevel ? "is" : "is not"} told a noise level`,
    {
      hint: "stage I has 3 and 6 channels; stage II has 6 and 6, and class_embed_type: timestep",
      exitCode: 1
    }
  )
}

const checkedSize = (
  size: number | undefined,
  config: DeepFloydConfig,
  file: ConfigFile
): number => {
  const found = size ?? file.json["sample_size"]
  const multiple = sizeMultiple(config)
  if (typeof found === "number" && found >= 1 && found % multiple === 0) return found
  throw new UserError(
    size === undefined
      ? `${file.shown} has no size of images that its network can make: sample_size is ${JSON.stringify(found)}`
      : `the network cannot make images of ${size}x${size} pixels`,
    { hint: `set \`size\` to a multiple of ${multiple}`, exitCode: 1 }
  )
}

/** The file of the weights; or their index and all shards, which lie in folders below where the index says so. */
const usedFiles = (weights: string): ReadonlyArray<string> => {
  const name = path.basename(weights)
  if (!isIndexName(weights)) return [name]
  const shards = new Set(readShardIndex(weights).weightMap.values())
  return [name, ...[...shards].toSorted()]
}

const known = ({ files, shown }: KnownFolder, name: string): KnownFile => {
  const file = files.find((one) => one.name === name)
  if (file !== undefined) return file
  throw new UserError(`${path.posix.join(shown, name)} has come since the run was planned`, {
    hint: "run again",
    exitCode: 1
  })
}

/** Names and contents. */
const contentOf = (files: ReadonlyArray<KnownFile>): Digest =>
  digestOf(
    "pretrained",
    files.flatMap(({ digest, name }) => [name, digest])
  )

/** A U-Net of DeepFloyd IF from its folder: `unet/` as diffusers writes it. */
import { expectTensors } from "../../engine/weights/expect-tensors.ts"
import { openWeights } from "../../engine/weights/open-weights.ts"
import { weightTensor } from "../../engine/weights/weight-tensor.ts"
import type { State } from "../parameters.ts"
import { decodeDeepFloydConfig } from "./config.ts"
import { type ConfigFile, readConfigFile } from "./config-file.ts"
import { type DeepFloydUNet, deepFloydUNet } from "./unet.ts"

export interface LoadedUNet extends DeepFloydUNet {
  /** For `forward`; the tensors belong to the caller. */
  readonly state: State
}

/**
 * Reads the configuration and the weights' headers, no weight: those stay in their files (see `weightTensor`), float16 with them.
 *
 * A pass that is run as it comes converts float16 weights one by one and needs little memory beside them; a `compile`d one is
 * faster from the second call on, and holds all in float32.
 *
 * @param folder with `config.json` and safetensors, one file or shards with their index
 * @param variant such as `fp16`, where the folder has several sets of weights
 * @throws UserError when the folder is not a U-Net of IF, or its weights are not those of its configuration
 */
export const loadDeepFloydUNet = (folder: string, variant?: string): LoadedUNet =>
  openDeepFloydUNet(readConfigFile(folder), folder, variant)

/**
 * The same with a configuration that is known already.
 *
 * @param place of the weights: a folder, a safetensors file, or the index of shards
 * @throws UserError as `loadDeepFloydUNet` does
 */
export const openDeepFloydUNet = (
  config: ConfigFile,
  place: string,
  variant?: string
): LoadedUNet => {
  const network = deepFloydUNet(decodeDeepFloydConfig(config))
  const weights = openWeights(place, variant)
  expectTensors(weights, network.shapes)
  const names = Object.keys(network.shapes)
  const state = Object.fromEntries(names.map((name) => [name, weightTensor(weights, name)]))
  return { ...network, state }
}

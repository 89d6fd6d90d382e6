/**
 * Opens a model's weights: reads and checks headers, and says where in which file each tensor lies. Nothing here reads a
 * tensor; that is left to ONNX Runtime (`external-data.ts`), or to `read-tensor.ts` for the few that JavaScript needs.
 */
import { existsSync, realpathSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { UserError } from "../../base/user-error.ts"
import { readSafetensorsHeader } from "../../safetensors/read-header.ts"
import { chooseWeightsFile, isIndexName } from "./choose-file.ts"
import { readShardIndex, type ShardIndex } from "./shard-index.ts"
import { type Weights, type WeightTensor } from "./weights.ts"

/**
 * @param path a safetensors file, the index of a sharded model (`….safetensors.index.json`), or a folder with either
 * @param variant which set of weights to take from a folder that holds several, such as `fp16`
 * @throws UserError when something is missing, or a file is not sound
 */
export const openWeights = (path: string, variant?: string): Weights => {
  const file = isFolder(path) ? chooseWeightsFile(path, variant) : path
  const tensors = isIndexName(file) ? shards(file, readShardIndex(file)) : single(file)
  return { path: file, tensors: new Map(tensors) }
}

const isFolder = (path: string): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new UserError(`there is no file or folder ${path}`)
  return stat.isDirectory()
}

type Entry = readonly [name: string, tensor: WeightTensor]

const single = (path: string): ReadonlyArray<Entry> => {
  const { tensors } = readSafetensorsHeader(path)
  const file = realpathSync.native(path)
  return [...tensors].map(([name, { begin, dtype, end, shape }]) => [
    name,
    { dtype, shape, file, byteOffset: begin, byteLength: end - begin }
  ])
}

const shards = (path: string, { totalBytes, weightMap }: ShardIndex): ReadonlyArray<Entry> => {
  const folder = dirname(path)
  const refuse = (problem: string, hint = "download the model again: its files do not fit") => {
    throw new UserError(`${path}: ${problem}`, { hint, exitCode: 1 })
  }
  const files = [...new Set(weightMap.values())].toSorted()
  const missing = files.filter((file) => !existsSync(join(folder, file)))
  if (missing.length > 0) {
    refuse(
      `it names ${missing.length === 1 ? "a shard that is" : "shards that are"} not there: ${missing.join(", ")}`,
      "finish the download of the model, or mend the links if they are links"
    )
  }
  const entries = files.flatMap((file) => {
    const found = single(join(folder, file))
    for (const [name] of found) {
      const mapped = weightMap.get(name)
      if (mapped === undefined) refuse(`${file} holds tensor ${name}, which it does not name`)
      if (mapped !== file) refuse(`it puts tensor ${name} into ${mapped}, but ${file} holds it too`)
    }
    return found
  })
  const found = new Set(entries.map(([name]) => name))
  for (const [name, file] of weightMap) {
    if (!found.has(name)) refuse(`it puts tensor ${name} into ${file}, which does not hold it`)
  }
  const bytes = entries.reduce((sum, [, { byteLength }]) => sum + byteLength, 0)
  if (totalBytes !== undefined && totalBytes !== bytes) {
    refuse(`its total_size is ${totalBytes}, but the shards hold ${bytes} bytes of tensors`)
  }
  return entries
}

/** The index of a sharded model, as Hugging Face's libraries write it: which tensor lies in which file. */
import { readFileSync, statSync } from "node:fs"
import { unreadableReason } from "../../base/unreadable-reason.ts"
import { UserError } from "../../base/user-error.ts"
import {
  brief,
  isCount,
  isRecord,
  parseJsonObject,
  type Refuse
} from "../../safetensors/json-object.ts"

export interface ShardIndex {
  /** Tensor to file; the file is a path below the index's folder. */
  readonly weightMap: ReadonlyMap<string, string>
  /** Bytes of all tensors together; absent when the index does not say. */
  readonly totalBytes?: number
}

/** As for a header of safetensors. */
const maxIndexBytes = 100_000_000

/** @throws UserError when the file cannot be read, or is no such index */
export const readShardIndex = (path: string): ShardIndex => {
  const refuse: Refuse = (problem) => {
    throw new UserError(`${path} is not a sound index of shards: ${problem}`, { exitCode: 1 })
  }
  const parsed = parseJsonObject(read(path, refuse), "it", refuse)
  const { metadata, weight_map: map } = parsed
  if (!isRecord(map)) return refuse("it has no weight_map")
  const weightMap = new Map<string, string>()
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== "string" || !isBelow(file)) {
      return refuse(
        `its weight_map puts tensor ${name} into ${brief(file)}, which is no file below the index's folder`
      )
    }
    weightMap.set(name, file)
  }
  const total = isRecord(metadata) ? metadata["total_size"] : undefined
  if (total === undefined) return { weightMap }
  if (!isCount(total)) return refuse(`its total_size is ${brief(total)}`)
  return { weightMap, totalBytes: total }
}

const read = (path: string, refuse: Refuse): Uint8Array => {
  let size: number
  try {
    const stat = statSync(path)
    if (!stat.isFile()) return refuse("it is not a file")
    size = stat.size
    if (size <= maxIndexBytes) return readFileSync(path)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError(`${path} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  return refuse(`it has ${size} bytes, more than ${maxIndexBytes}`)
}

/**
 * Whether a path, as it is written, stays below its folder on every system. Links are not its business: an index comes from
 * somebody else, links in the folder are the user's own.
 */
const isBelow = (file: string): boolean =>
  // Backslashes and colons are separators and drives on Windows.
  !/[\\:\0]/.test(file) && file.split("/").every((part) => !["", ".", ".."].includes(part))

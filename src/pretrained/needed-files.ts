/** Which files a copy of a model needs, and which of them it lacks. */
import { existsSync, statSync } from "node:fs"
import { dirname, join } from "node:path/posix"
import { join as joinHere } from "node:path"
import { UserError } from "../base/user-error.ts"
import { isIndexName } from "../engine/weights/choose-file.ts"
import { readShardIndex } from "../engine/weights/shard-index.ts"
import type { Manifest, ManifestFile } from "./manifest.ts"

/**
 * Those of the manifest, and behind each index of shards that is in the folder the shards that it names. An index that is
 * damaged names none: whoever opens or verifies it is told.
 */
export const neededFiles = (
  { files }: Pick<Manifest, "files">,
  folder: string
): ReadonlyArray<ManifestFile> => {
  const named = new Set(files.map(({ path }) => path))
  return files.flatMap((file) => [
    file,
    ...shardsIfSound(file.path, folder)
      .filter((path) => !named.has(path))
      .map((path) => ({ path }))
  ])
}

const shardsIfSound = (path: string, folder: string): ReadonlyArray<string> => {
  try {
    return shardsOf(path, folder)
  } catch (error) {
    if (error instanceof UserError) return []
    throw error
  }
}

/**
 * @param path of a file; one that is no index, or is not there, has none
 * @throws UserError when the index is damaged
 */
export const shardsOf = (path: string, folder: string): ReadonlyArray<string> => {
  const here = joinHere(folder, path)
  if (!isIndexName(path) || !existsSync(here)) return []
  const shards = new Set(readShardIndex(here).weightMap.values())
  return [...shards].toSorted().map((shard) => join(dirname(path), shard))
}

/** Needed paths that are no files in the folder. */
export const missingFiles = (manifest: Manifest, folder: string): ReadonlyArray<string> =>
  neededFiles(manifest, folder)
    .map(({ path }) => path)
    .filter((path) => sizeOf(folder, path) === undefined)

/** Undefined when it is not there, or no file. */
export const sizeOf = (folder: string, path: string): number | undefined => {
  const found = statSync(joinHere(folder, path), { throwIfNoEntry: false })
  return found?.isFile() === true ? found.size : undefined
}

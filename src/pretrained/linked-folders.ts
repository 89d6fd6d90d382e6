/** Folders outside of a project that its user has linked weights to: its pipelines may read them. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"

/** Absolute. Records that cannot be read are left to the commands for weights, which say so. */
export const linkedFolders = (root: string): ReadonlyArray<string> => {
  const folder = join(root, "weights", "local")
  return namesIn(folder).flatMap((name) => {
    const target = targetOf(join(folder, name))
    return target === undefined ? [] : [withBlobs(target)]
  })
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"))
  } catch {
    return []
  }
}

const targetOf = (path: string): string | undefined => {
  try {
    const record = JSON.parse(readFileSync(path, "utf8")) as { kind?: unknown; folder?: unknown }
    return record.kind === "linked" && typeof record.folder === "string" ? record.folder : undefined
  } catch {
    return undefined
  }
}

/** A snapshot in a cache of Hugging Face's libraries is made of links to the blobs beside it. */
const withBlobs = (folder: string): string =>
  basename(dirname(folder)) === "snapshots" ? dirname(dirname(folder)) : folder

/** What lies in a store's folders, for gc, verify and stats. Files that vanish while one looks are left out. */
import { readdirSync, statSync, type Stats } from "node:fs"
import { join } from "node:path"
import { type Digest, isDigest } from "../base/digest.ts"
import { codeOf } from "./disk-problem.ts"
import type { Layout } from "./layout.ts"

export interface StoredFile {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

export interface AddressedFile extends StoredFile {
  readonly digest: Digest
}

export interface Amount {
  readonly count: number
  readonly bytes: number
}

export const nothing: Amount = { count: 0, bytes: 0 }

export const plus = (amount: Amount, bytes: number): Amount => ({
  count: amount.count + 1,
  bytes: amount.bytes + bytes
})

export const blobFiles = (layout: Layout) => shardedFiles(layout.blobs, "")
export const actionFiles = (layout: Layout) => shardedFiles(layout.actions, ".json")

export function* codeFiles(layout: Layout): Generator<AddressedFile> {
  for (const name of namesIn(layout.code)) {
    const digest = name.slice(0, -".json".length)
    const file = name.endsWith(".json") && isDigest(digest) && fileAt(join(layout.code, name))
    if (file) yield { digest, ...file }
  }
}

/** Names below `cas/` that are no digest, relative to it: nothing of ours makes them. */
export const strangers = (layout: Layout): ReadonlyArray<string> =>
  namesIn(layout.blobs).flatMap((prefix) =>
    namesIn(join(layout.blobs, prefix))
      .filter((rest) => !isDigest(prefix + rest) || prefix.length !== 2)
      .map((rest) => `${prefix}/${rest}`)
  )

function* shardedFiles(folder: string, ending: string): Generator<AddressedFile> {
  for (const prefix of namesIn(folder)) {
    if (prefix.length !== 2) continue
    for (const name of namesIn(`${folder}/${prefix}`)) {
      const digest = prefix + name.slice(0, name.length - ending.length)
      if (!name.endsWith(ending) || !isDigest(digest)) continue
      const file = fileAt(`${folder}/${prefix}/${name}`)
      if (file !== undefined) yield { digest, ...file }
    }
  }
}

/** Sorted; none where there is no such folder. */
export const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).toSorted()
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return []
    throw error
  }
}

export const fileAt = (path: string): StoredFile | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true ? storedFile(path, stats) : undefined
}

const storedFile = (path: string, { size, mtimeMs }: Stats): StoredFile => ({
  path,
  sizeBytes: size,
  modifiedMs: mtimeMs
})

/** All bytes of a file, or of a folder and what is below it. */
export const bytesBelow = (path: string): number => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 0
  if (!stats.isDirectory()) return stats.size
  return namesIn(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0)
}

/** Between steps of long work, so that a display, a timer or an interruption gets its turn. */
export const breathe = (): Promise<void> => new Promise((resume) => void setImmediate(resume))

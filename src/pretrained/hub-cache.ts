/**
 * Models in the cache of Hugging Face's libraries: `models--OWNER--NAME/snapshots/COMMIT/…`, links to
 * `blobs/HASH`, with `refs/BRANCH` naming the commit (huggingface_hub, "Understand caching").
 */
import { existsSync, readFileSync, realpathSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import type { ContentHash } from "./content-hash.ts"
import type { Manifest } from "./manifest.ts"

export interface Snapshot {
  readonly folder: string
  readonly commit: string
}

/** @param cache the folder with all models, or the model's own */
export const snapshotIn = (cache: string, { source }: Manifest): Snapshot | undefined => {
  const { repository, revision } = source
  const own = `models--${repository.replace("/", "--")}`
  const folder = basename(cache) === own ? cache : join(cache, own)
  const commit = isCommit(revision) ? revision : commitOf(join(folder, "refs", revision))
  if (commit === undefined) return undefined
  const snapshot = join(folder, "snapshots", commit)
  return existsSync(snapshot) ? { folder: snapshot, commit } : undefined
}

/** Whether a revision is a commit, and not a branch or a tag. */
export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text)

const commitOf = (ref: string): string | undefined => {
  try {
    const text = readFileSync(ref, "utf8").trim()
    return isCommit(text) ? text : undefined
  } catch {
    // Another revision may be there; that one is not asked for.
    return undefined
  }
}

/** What a file of a snapshot should hash to: its blob is named by it, SHA-256 for large files, else as Git does. */
export const blobHash = (path: string): ContentHash | undefined => {
  let real
  try {
    real = realpathSync(path)
  } catch {
    return undefined
  }
  const name = basename(real)
  if (basename(dirname(real)) !== "blobs") return undefined
  if (/^[0-9a-f]{64}$/.test(name)) return { algorithm: "sha256", hex: name }
  return isCommit(name) ? { algorithm: "git-sha1", hex: name } : undefined
}

/**
 * Looks at every byte of a model's files: hashes where one is known, and always the form, by which a file that was cut off
 * is found without a hash.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { isIndexName } from "../engine/weights/choose-file.ts"
import { openWeights } from "../engine/weights/open-weights.ts"
import { readSafetensorsHeader } from "../safetensors/read-header.ts"
import { type ContentHash, hashFile, hashNames } from "./content-hash.ts"
import type { Place } from "./find.ts"
import { blobHash } from "./hub-cache.ts"
import type { Manifest, ManifestFile } from "./manifest.ts"
import { neededFiles, sizeOf } from "./needed-files.ts"

export interface VerifiedFile {
  readonly path: string
  /** Absent when it is missing. */
  readonly sizeBytes?: number
  /** Of its content; absent when it could not be read. */
  readonly sha256?: string
  /** `matches`: the hash that is known. `sound`: no hash is known, its form is right. */
  readonly state: "matches" | "sound" | "wrong" | "missing"
  readonly problem?: string
}

export interface Verified {
  readonly files: ReadonlyArray<VerifiedFile>
  readonly sound: boolean
}

export const verifyPretrained = async (
  manifest: Manifest,
  place: Place,
  {
    progress = () => {},
    signal
  }: {
    readonly progress?: (doneBytes: number, totalBytes: number) => void
    readonly signal?: AbortSignal
  } = {}
): Promise<Verified> => {
  const { folder } = place
  const needed = neededFiles(manifest, folder)
  const total = needed.reduce((sum, { path }) => sum + (sizeOf(folder, path) ?? 0), 0)
  let done = 0
  const files: Array<VerifiedFile> = []
  for (const file of needed) {
    files.push(
      await verifyFile(file, place, {
        onBytes: (count) => progress((done += count), total),
        ...(signal === undefined ? {} : { signal })
      })
    )
  }
  return { files, sound: files.every(({ state }) => state === "matches" || state === "sound") }
}

interface Hashing {
  readonly onBytes: (count: number) => void
  readonly signal?: AbortSignal
}

const verifyFile = async (
  file: ManifestFile,
  { folder, record }: Place,
  hashing: Hashing
): Promise<VerifiedFile> => {
  const { path } = file
  const here = join(folder, path)
  const sizeBytes = sizeOf(folder, path)
  if (sizeBytes === undefined) return { path, state: "missing", problem: "it is not there" }
  const wrong = (problem: string): VerifiedFile => ({ path, sizeBytes, state: "wrong", problem })
  const recorded = record?.files[path]
  const expectedSize = file.sizeBytes ?? recorded?.sizeBytes
  if (expectedSize !== undefined && expectedSize !== sizeBytes) {
    return wrong(`it has ${sizeBytes} bytes where ${expectedSize} should be`)
  }
  const malformed = formProblem(here, path)
  if (malformed !== undefined) return wrong(malformed)
  const expected: ContentHash | undefined =
    file.sha256 === undefined
      ? (recorded?.hash ?? blobHash(here))
      : { algorithm: "sha256", hex: file.sha256 }
  let found
  try {
    found = await hashFile(here, expected?.algorithm ?? "sha256", hashing)
  } catch (cause) {
    hashing.signal?.throwIfAborted()
    return wrong(`it cannot be read: ${unreadableReason(cause)}`)
  }
  const sha256 = expected?.algorithm === "git-sha1" ? {} : { sha256: found }
  if (expected === undefined) return { path, sizeBytes, ...sha256, state: "sound" }
  return found === expected.hex
    ? { path, sizeBytes, ...sha256, state: "matches" }
    : {
        ...wrong(`its ${hashNames[expected.algorithm]} is ${found}, not ${expected.hex}`),
        ...sha256
      }
}

/** What is wrong with a file as a file of its kind. An index is looked at with its shards. */
const formProblem = (here: string, path: string): string | undefined => {
  try {
    if (isIndexName(path)) openWeights(here)
    else if (path.endsWith(".safetensors")) readSafetensorsHeader(here, path)
    else if (path.endsWith(".json")) JSON.parse(readFileSync(here, "utf8"))
    return undefined
  } catch (error) {
    if (error instanceof UserError) return error.message
    if (error instanceof SyntaxError) return "it is not JSON"
    return `it cannot be read: ${unreadableReason(error)}`
  }
}

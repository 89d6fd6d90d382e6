/** Weights on disk for tests, in the layouts that people have. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { createHash } from "node:crypto"
import * as path from "node:path"
import { UserError } from "../../../src/base/user-error.ts"
import { type RawTensor } from "../../../src/safetensors/decode.ts"
import { type Dtype } from "../../../src/safetensors/dtype.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"

export type RawTensors = Readonly<Record<string, RawTensor>>

export const raw = (
  dtype: Dtype,
  shape: ReadonlyArray<number>,
  data: ArrayBufferView
): RawTensor => ({
  dtype,
  shape,
  bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
})

export const bytesIn = (tensors: RawTensors): number =>
  Object.values(tensors).reduce((sum, { bytes }) => sum + bytes.byteLength, 0)

/** A folder of shards with their index. */
export interface ShardedFiles {
  readonly shards: Readonly<Record<string, RawTensors>>
  /** In place of the index that fits the shards. */
  readonly index?: unknown
  readonly indexName?: string
}

export const indexOf = (shards: ShardedFiles["shards"]) => ({
  metadata: { total_size: Object.values(shards).reduce((sum, one) => sum + bytesIn(one), 0) },
  weight_map: Object.fromEntries(
    Object.entries(shards).flatMap(([file, tensors]) =>
      Object.keys(tensors).map((name) => [name, file])
    )
  )
})

/** Writes the files into `folder`; returns the index's path. */
export const writeShards = (
  folder: string,
  { index, indexName = "model.safetensors.index.json", shards }: ShardedFiles
): string => {
  mkdirSync(folder, { recursive: true })
  for (const [file, tensors] of Object.entries(shards)) {
    writeFileSync(path.join(folder, file), encodeSafetensors(tensors))
  }
  const file = path.join(folder, indexName)
  writeFileSync(file, typeof index === "string" ? index : JSON.stringify(index ?? indexOf(shards)))
  return file
}

/** The same as Hugging Face's libraries cache them: blobs named by a hash, and a snapshot of links. Returns the snapshot. */
export const writeHubCache = (folder: string, shards: ShardedFiles["shards"]): string => {
  const snapshot = path.join(folder, "snapshots", "0123abcd")
  const blobs = path.join(folder, "blobs")
  mkdirSync(snapshot, { recursive: true })
  mkdirSync(blobs, { recursive: true })
  const add = (name: string, bytes: Uint8Array) => {
    const blob = createHash("sha256").update(bytes).digest("hex")
    writeFileSync(path.join(blobs, blob), bytes)
    symlinkSync(path.join("..", "..", "blobs", blob), path.join(snapshot, name))
  }
  for (const [file, tensors] of Object.entries(shards)) add(file, encodeSafetensors(tensors))
  add("model.safetensors.index.json", Buffer.from(JSON.stringify(indexOf(shards))))
  return snapshot
}

/** The user's error that `work` ends with. */
export const userError = (work: () => unknown): UserError => {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error("there was no error")
}

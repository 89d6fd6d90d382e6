/** Values: a JSON record that names a type and the blobs of its files, itself a blob. What the bytes mean is not known here. */
import { type Digest, sha256 } from "../base/digest.ts"
import { canonicalJson } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"
import type { BlobRef, EncodedValue, StoredValue } from "../values/value.ts"
import type { ActionOutput } from "./action.ts"
import type { Blobs } from "./blobs.ts"
import { chunkBytes } from "./chunks.ts"
import { everyMember, isAddress, isRecord, isText, parseJson } from "./structure.ts"

export interface Values {
  /** `blobs` are all that the value needs: its own record and its files, each once. */
  readonly put: (
    value: EncodedValue
  ) => Promise<{ readonly output: ActionOutput; readonly blobs: ReadonlyArray<Digest> }>
  /**
   * @throws UserError when the value is not in the store, or its record is damaged
   */
  readonly get: (digest: Digest) => StoredValue
}

export const openValues = (blobs: Blobs): Values => ({
  put: async ({ type, meta, files }) => {
    const [large, small] = [new Map<string, BlobRef>(), new Map<string, Uint8Array>()]
    const entries = Object.entries(files)
    for (const [name, bytes] of entries) {
      if (bytes.byteLength <= chunkBytes) small.set(name, bytes)
      else large.set(name, await blobs.put(bytes))
    }
    // The digest of small files is quickly had, so their record need not wait for the disk: all are synced together.
    const refs = entries.map(
      ([name, bytes]) =>
        [name, large.get(name) ?? { digest: sha256(bytes), sizeBytes: bytes.byteLength }] as const
    )
    const record: StoredValue = { type, meta, files: Object.fromEntries(refs) }
    const text = Buffer.from(canonicalJson(record), "utf8")
    const { digest } = (await allDone([text, ...small.values()].map(blobs.put)))[0]!
    const needed = new Set([digest, ...refs.map(([, ref]) => ref.digest)])
    return { output: { digest, type }, blobs: [...needed] }
  },
  get: (digest) => {
    const bytes = blobs.read(digest)
    const value = sha256(bytes) === digest ? readValue(bytes) : undefined
    if (value !== undefined) return value
    throw new UserError(`the value ${digest} in the store is damaged`, {
      hint: "`ablate store verify` sets damaged blobs aside; the next run makes them again",
      exitCode: 1
    })
  }
})

/** Waits for all even if one fails, so that nothing is still being written when the failure is reported. */
const allDone = async <A>(work: ReadonlyArray<Promise<A>>): Promise<ReadonlyArray<A>> => {
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** The record in a blob, `undefined` when the blob is something else. */
export const readValue = (bytes: Uint8Array): StoredValue | undefined => {
  // Any record begins with a brace; this spares the decoding of pictures and tensors.
  if (bytes[0] !== 0x7b) return undefined
  const record = parseJson(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
  )
  return isValue(record) ? record : undefined
}

const isValue = (record: unknown): record is StoredValue =>
  isRecord(record) &&
  isText(record["type"]) &&
  isRecord(record["meta"]) &&
  everyMember(record["files"], isBlobRef)

const isBlobRef = (ref: unknown): ref is BlobRef =>
  isRecord(ref) && isAddress(ref["digest"]) && Number.isSafeInteger(ref["sizeBytes"])

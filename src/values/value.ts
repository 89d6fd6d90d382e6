/**
 * A value as the store knows it: a type, a small JSON description and files, all content-addressed.
 *
 * The canonical JSON of this record is itself a blob; its SHA-256 is the value's digest. It holds no recipe, name of a
 * stage or time, so that equal results of different stages are one value.
 */
import type { Digest } from "../base/digest.ts"
import type { JsonObject } from "../base/json.ts"

export interface BlobRef {
  readonly digest: Digest
  readonly sizeBytes: number
}

export interface StoredValue {
  /** The text of a type expression without symbols, `Image[64,64,3] in [-1,1]`. */
  readonly type: string
  readonly meta: JsonObject
  readonly files: { readonly [name: string]: BlobRef }
}

/** A value about to be stored: the same, with the files' bytes in hand. */
export interface EncodedValue {
  readonly type: string
  readonly meta: JsonObject
  readonly files: { readonly [name: string]: Uint8Array }
}

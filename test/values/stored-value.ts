/** Values on their way through the store, without one. */
import { sha256 } from "../../src/base/digest.ts"
import { canonicalJson, type JsonObject } from "../../src/base/json.ts"
import { decodeValue, encodeValue } from "../../src/values/codec.ts"
import type { EncodedValue, StoredValue } from "../../src/values/value.ts"
import type { Value } from "../../src/values/values.ts"

export const stored = (value: EncodedValue): StoredValue => ({
  type: value.type,
  // As it comes back from the store.
  meta: JSON.parse(canonicalJson(value.meta)) as JsonObject,
  files: Object.fromEntries(
    Object.entries(value.files).map(([name, bytes]) => [
      name,
      { digest: sha256(bytes), sizeBytes: bytes.byteLength }
    ])
  )
})

export const roundTrip = (value: Value): Value => {
  const encoded = encodeValue(value)
  return decodeValue(stored(encoded), (name) => {
    // As bytes of a larger buffer, at an odd place.
    const bytes = encoded.files[name]!
    const buffer = new Uint8Array(bytes.byteLength + 3)
    buffer.set(bytes, 3)
    return buffer.subarray(3)
  })
}

/** Reading what something new is made of: bytes are hashed again, since a damaged blob would poison all that follows. */
import { type Digest, sha256 } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import type { Store } from "../store/store.ts"
import { decodeValue } from "../values/codec.ts"
import type { Value } from "../values/values.ts"

/**
 * @throws UserError when the blob is missing or damaged
 */
export const readBlob = (store: Pick<Store, "blobs">, digest: Digest): Uint8Array => {
  const bytes = store.blobs.read(digest)
  if (sha256(bytes) === digest) return bytes
  throw new UserError(`the blob ${digest} in the store is damaged`, {
    hint: "`ablate store verify` sets damaged blobs aside; the next run makes them again",
    exitCode: 1
  })
}

/**
 * @throws UserError when a part of it is missing or damaged
 */
export const readValue = (store: Store, digest: Digest): Value => {
  const stored = store.values.get(digest)
  return decodeValue(stored, (name) => {
    const file = stored.files[name]
    if (file === undefined) throw new Error(`the value ${digest} has no file ${name}`)
    return readBlob(store, file.digest)
  })
}

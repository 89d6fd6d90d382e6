/** Which output of a run a value is, when only its digest is known. */
import type { Digest } from "../../base/digest.ts"
import type { OutputRef } from "../../language/pipeline.ts"
import { ownerOf, partOf } from "../../plan/instance-name.ts"
import type { RunManifest } from "../../store/run-record.ts"

/**
 * The first output with that value, as `reader` may have read it: what an instance's parts make, only it and its parts
 * read.
 */
export const sourceFinder = (
  manifest: RunManifest | undefined
): ((reader: string, digest: string) => OutputRef | undefined) => {
  const found = new Map<string, OutputRef>()
  const key = (owner: string, digest: string) => `${owner} ${digest}`
  for (const { id, outputs } of manifest?.instances ?? []) {
    const owner = partOf(id) === undefined ? "" : ownerOf(id)
    for (const [port, { digest }] of Object.entries(outputs ?? {})) {
      const place = key(owner, digest satisfies Digest)
      if (!found.has(place)) found.set(place, { instance: id, port })
    }
  }
  return (reader, digest) => found.get(key(ownerOf(reader), digest)) ?? found.get(key("", digest))
}

/** Which ablate this is, so that what an older one found out is not believed. */
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { type Digest, digestOf } from "../base/digest.ts"
import { ablateVersion } from "../base/version.ts"
import { ablateRoot } from "./module-names.ts"

/** The rooms that decide what a checked pipeline and a fingerprint are. */
const deciding = ["base", "values", "language", "plan"]

let known: Digest | undefined

/**
 * Changes with ablate's version, and with its source where it runs from a checkout, in which the version stays while
 * the code is worked on. Files are told by size and time, since this is asked each time that ablate starts.
 */
export const ablateIdentity = (): Digest => (known ??= describe())

const describe = (): Digest => {
  const version = ablateVersion()
  if (!import.meta.filename.endsWith(".ts")) return digestOf("ablate", [version])
  const sources = deciding.flatMap((room) => {
    const folder = join(ablateRoot, "src", room)
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .toSorted()
      .map((name) => {
        const { mtimeMs, size } = statSync(join(folder, name))
        return `${room}/${name} ${size} ${mtimeMs}`
      })
  })
  return digestOf("ablate", [version, ...sources])
}

/** Fingerprints that are not computed again while none of the files that they were made of has changed. */
import { digestOf } from "../base/digest.ts"
import type { StageEntry, StageRegistry } from "../language/registry.ts"
import type { CodeDescription } from "../store/action.ts"
import { cacheFolder, readCacheFile, writeCacheFile } from "./cache-file.ts"
import { type FileState, revalidateAll } from "./file-state.ts"
import type { StageCode } from "./fingerprint.ts"
import { ablateIdentity } from "./identity.ts"

const kind = "code"
/** More stages than any project has, for several projects that share a store. */
const keep = 1000

/**
 * As `fingerprintStages`, with what is remembered in the store. esbuild is loaded only for what is new.
 *
 * @returns also which of them were computed anew
 */
export const rememberedFingerprints = async (
  registry: StageRegistry,
  uses: ReadonlyArray<string>,
  root: string,
  storeRoot: string
): Promise<{
  readonly code: ReadonlyMap<string, StageCode>
  readonly fresh: ReadonlyArray<string>
}> => {
  const looked = new Map<string, FileState | undefined>()
  const code = new Map<string, StageCode>()
  const fresh: Array<string> = []
  for (const name of new Set(uses)) {
    const entry = registry.entries.get(name)
    const known = entry === undefined ? undefined : recall(entry, root, storeRoot, looked)
    if (known === undefined) fresh.push(name)
    else code.set(name, known)
  }
  if (fresh.length > 0) {
    const { fingerprintStages } = await import("./fingerprint.ts")
    for (const [name, found] of await fingerprintStages(registry, fresh, root)) {
      code.set(name, found)
      remember(registry.entries.get(name) as StageEntry, root, storeRoot, found)
    }
  }
  return { code, fresh }
}

const fileName = (entry: StageEntry, root: string): string =>
  `${digestOf("code", [ablateIdentity(), root, entry.file])}.json`

const recall = (
  entry: StageEntry,
  root: string,
  storeRoot: string,
  looked: Map<string, FileState | undefined>
): StageCode | undefined => {
  const file = readCacheFile(`${cacheFolder(storeRoot, kind)}/${fileName(entry, root)}`)
  if (file === undefined) return undefined
  const recorded = file.head as ReadonlyArray<FileState>
  const states = revalidateAll(recorded, looked)
  if (states === undefined) return undefined
  const description = JSON.parse(file.body) as CodeDescription
  const code = { ...description, files: states.map(({ path }) => path), states }
  if (states.some((state, index) => state !== recorded[index]))
    remember(entry, root, storeRoot, code)
  return code
}

const remember = (entry: StageEntry, root: string, storeRoot: string, code: StageCode): void =>
  writeCacheFile(
    storeRoot,
    kind,
    fileName(entry, root),
    { head: code.states, body: JSON.stringify(describedOnly(code)) },
    keep
  )

/** Without the files. */
export const describedOnly = (code: CodeDescription): CodeDescription => ({
  fingerprint: code.fingerprint,
  modules: code.modules,
  packages: code.packages,
  tensors: code.tensors
})

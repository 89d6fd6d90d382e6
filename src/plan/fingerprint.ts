/**
 * The identity of a stage's code: a digest of what its module does, and not of how it is written down.
 *
 * Comments, formatting, names of folders above the project, unused code and other stages change nothing; a helper three
 * imports away does, and so does the version of a package that the code uses.
 */
import { type Digest, digestOf } from "../base/digest.ts"
import { canonicalJson } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"
import type { StageRegistry } from "../language/registry.ts"
import type { CodeDescription } from "../store/action.ts"
import { type Bundle, bundleModules } from "./bundle.ts"
import type { FileState } from "./file-state.ts"

/** A fingerprint with the files that it was made of. */
export interface StageCode extends CodeDescription {
  /** Absolute: the whole module graph, and each `package.json` that was consulted. */
  readonly files: ReadonlyArray<string>
  /** The same files as they were when they were read. */
  readonly states: ReadonlyArray<FileState>
}

/**
 * Fingerprints stage types, all in one go. Loads esbuild.
 *
 * @param root the project's folder
 * @returns by `uses`
 * @throws UserError for a stage that does not exist or whose source cannot be bundled
 */
export const fingerprintStages = async (
  registry: StageRegistry,
  uses: ReadonlyArray<string>,
  root: string
): Promise<ReadonlyMap<string, StageCode>> => {
  const wanted = [...new Set(uses)]
  if (wanted.length === 0) return new Map()
  const entries = wanted.map((name) => {
    const entry = registry.entries.get(name)
    if (entry === undefined) throw new UserError(`there is no stage ${name}`)
    return entry.file
  })
  const bundles = await bundleModules(entries, root)
  return new Map(wanted.map((name, index) => [name, describeCode(bundles[index] as Bundle)]))
}

const describeCode = (bundle: Bundle): StageCode => {
  const texts = new Map<string, Array<string>>()
  for (const { module, text } of bundle.pieces) {
    if (module === undefined) continue
    const pieces = texts.get(module)
    if (pieces === undefined) texts.set(module, [text])
    else pieces.push(text)
  }
  const modules: Record<string, Digest> = {}
  for (const [module, pieces] of texts) modules[module] = digestOf("module", pieces)
  for (const { name, state } of bundle.assets) modules[name] = state.digest
  return {
    // Not the modules' digests: those go by path, and a renamed helper does the same.
    fingerprint: digestOf("code", [
      ...bundle.pieces.map(({ text }) => text),
      ...bundle.assets.map(({ state }) => state.digest),
      canonicalJson(bundle.packages)
    ]),
    modules,
    packages: bundle.packages,
    tensors: bundle.tensors,
    files: bundle.files.map(({ path }) => path),
    states: bundle.files
  }
}

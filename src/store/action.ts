/** What the store remembers of one executed stage instance: its result, and the recipe that its key was made of. */
import type { Digest } from "../base/digest.ts"
import type { JsonObject } from "../base/json.ts"

/** The parts of an action key, kept so that a later plan can say what changed. */
export interface Recipe {
  readonly uses: string
  /** After defaults, without the parameters that name files. */
  readonly params: JsonObject
  /** The code fingerprint; the store keeps what it was made of under `code/`. */
  readonly code: Digest
  /** By port: the digest of the value, or label and digest of each of several values. */
  readonly inputs: {
    readonly [port: string]: Digest | ReadonlyArray<readonly [label: string, value: Digest]>
  }
  /** By parameter: the SHA-256 of the file's content. */
  readonly files: { readonly [param: string]: Digest }
  /** The arithmetic: the engine's class for stages that compute tensors, V8's version for all others. */
  readonly numerics: string
}

export interface ActionOutput {
  /** Of the stored value: the SHA-256 of its canonical JSON, which is a blob. */
  readonly digest: Digest
  /** The concrete type, `Image[64,64,3] in [-1,1]`. */
  readonly type: string
}

export interface ActionResult {
  readonly version: 1
  readonly key: Digest
  readonly recipe: Recipe
  readonly outputs: { readonly [port: string]: ActionOutput }
  /** Every blob that the outputs need, values included, so that presence is checked without reading them. */
  readonly blobs: ReadonlyArray<Digest>
  /** Wall time of the stage's own work. */
  readonly seconds: number
}

/** What a code fingerprint was made of (`plan/fingerprint.ts`). */
export interface CodeDescription {
  readonly fingerprint: Digest
  /** Project-relative path → digest of what tree-shaking left of the file. */
  readonly modules: { readonly [path: string]: Digest }
  /** npm package → version. */
  readonly packages: { readonly [name: string]: string }
  /** Whether the stage's code reaches the tensor engine. */
  readonly tensors: boolean
}

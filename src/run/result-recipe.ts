/** The recipe inside a file for people: written where the format has a place for it, and read to know one's own work again. */
import { readFileSync } from "node:fs"
import { type Digest, isDigest, sha256 } from "../base/digest.ts"
import type { JsonObject } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"
import type { Store } from "../store/store.ts"

/** The bytes of a `File` value with a recipe in them. */
export const withRecipe = async (
  store: Store,
  value: Digest,
  name: string,
  recipe: JsonObject
): Promise<{ readonly bytes: Uint8Array; readonly notices: ReadonlyArray<string> }> => {
  const stored = store.values.get(value)
  const content = stored.files["content"]
  if (content === undefined) throw new Error(`the file value ${value} has no content`)
  const { readBlob } = await import("./read-value.ts")
  const bytes = readBlob(store, content.digest)
  try {
    return { bytes: await embed(bytes, name, recipe), notices: [] }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { bytes, notices: [`${name} has no recipe in it: ${error.message}`] }
  }
}

const embed = async (bytes: Uint8Array, name: string, recipe: JsonObject): Promise<Uint8Array> => {
  if (/\.png$/i.test(name)) {
    const { writePngRecipe } = await import("../values/png-recipe.ts")
    return writePngRecipe(bytes, recipe)
  }
  if (/\.safetensors$/i.test(name)) {
    const { writeSafetensorsRecipe } = await import("../values/safetensors-recipe.ts")
    return writeSafetensorsRecipe(bytes, recipe)
  }
  return bytes
}

/**
 * Whether the file is a result of the store after all, though the ledger does not say so: a run that was killed between
 * the two wrote it, or one that ran beside this one. It is when its recipe leads to a value that gives the same bytes.
 */
export const isStored = async (
  store: Store,
  path: string,
  digest: Digest | "no file",
  name: string
): Promise<boolean> => {
  if (digest === "no file") return false
  if (store.blobs.has(digest)) return true
  const bytes = readFileSync(path)
  try {
    const recipe = await recipeIn(bytes, name)
    const { key, port } = recipe ?? {}
    if (recipe === undefined || typeof key !== "string" || typeof port !== "string") return false
    const output = isDigest(key) ? store.actions.get(key)?.outputs[port] : undefined
    if (output === undefined) return false
    const written = await withRecipe(store, output.digest, name, recipe)
    return sha256(written.bytes) === digest
  } catch (error) {
    // A damaged file, or one whose value is gone: nobody knows whose it is.
    if (error instanceof UserError) return false
    throw error
  }
}

const recipeIn = async (bytes: Uint8Array, name: string): Promise<JsonObject | undefined> => {
  if (/\.png$/i.test(name)) {
    const { readPngRecipe } = await import("../values/png-recipe.ts")
    return readPngRecipe(bytes)
  }
  if (/\.safetensors$/i.test(name)) {
    const { readSafetensorsRecipe } = await import("../values/safetensors-recipe.ts")
    return readSafetensorsRecipe(bytes)
  }
  return undefined
}

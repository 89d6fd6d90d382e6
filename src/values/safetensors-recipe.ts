/** The recipe of tensors inside their safetensors file: JSON text under `ablate` in its metadata. */
import type { JsonObject } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"
import { decodeSafetensors } from "../safetensors/decode.ts"
import { encodeSafetensors } from "../safetensors/encode.ts"

const key = "ablate"

/** The same tensors with the recipe in their metadata, in place of one that they had. */
export const writeSafetensorsRecipe = (file: Uint8Array, recipe: JsonObject): Uint8Array => {
  const { metadata, tensors } = decodeSafetensors(file)
  return encodeSafetensors(Object.fromEntries(tensors), {
    ...metadata,
    [key]: JSON.stringify(recipe)
  })
}

/** The recipe in a file's metadata; absent when it has none. */
export const readSafetensorsRecipe = (file: Uint8Array): JsonObject | undefined => {
  const text = decodeSafetensors(file).metadata[key]
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as JsonObject
  } catch (cause) {
    throw new UserError("the recipe in this safetensors file is not JSON", { exitCode: 1, cause })
  }
}

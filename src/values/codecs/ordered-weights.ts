/** Weights in the order that a description lists: the safetensors format keeps none. */
import { decodeWeights, type Weights } from "../weights-file.ts"
import { malformed } from "./codec-of.ts"

/**
 * @param order the names, from the value's description
 * @throws UserError when they are not the file's names
 */
export const readOrderedWeights = (
  bytes: Uint8Array,
  order: ReadonlyArray<string>,
  shown: string
): Weights => {
  const weights = decodeWeights(bytes, shown)
  const listed = new Set(order)
  const missing = order.find((name) => !Object.hasOwn(weights, name))
  if (missing !== undefined) return malformed(`${shown} has no tensor ${missing}`)
  const stray = Object.keys(weights).find((name) => !listed.has(name))
  if (stray !== undefined) return malformed(`${shown} has a tensor ${stray} that is not listed`)
  return Object.fromEntries(order.map((name) => [name, weights[name]!]))
}

export const isNameList = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) &&
  value.every((name) => typeof name === "string") &&
  new Set(value).size === value.length

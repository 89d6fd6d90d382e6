/** Which settings weights were made with, as far as their names and shapes tell: for messages about weights that do not fit. */
import type { Architecture } from "../values/values.ts"
import type { StateDict } from "./state-dict.ts"

export interface Settings {
  readonly [name: string]: number | string
}

/** @returns absent when these are no weights of such a network at all */
export const settingsOf = (
  kind: Architecture["kind"],
  weights: StateDict
): Settings | undefined => {
  const dim = (name: string, axis: number) =>
    Object.hasOwn(weights, name) ? weights[name]!.shape[axis] : undefined
  const network: { readonly [name: string]: number | string | undefined } =
    kind === "unet" ? unetSettings(dim) : classifierSettings(dim)
  if (network["channels"] === undefined) return undefined
  return Object.fromEntries(
    Object.entries(network).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )
}

/** The size of an axis of a tensor; absent when there is no such tensor. */
type DimensionOf = (name: string, axis: number) => number | undefined

const unetSettings = (dim: DimensionOf) => {
  const quarter = dim("unflatten.conv.weight", 2)
  return {
    channels: dim("enter.conv1.conv.weight", 0),
    imageChannels: dim("output.weight", 0),
    imageSize: quarter === undefined ? undefined : 4 * quarter,
    // A factor and a summand have the same weights.
    time: dim("time1.fc1.weight", 0) === undefined ? "none" : undefined,
    classes: dim("class1.fc1.weight", 1) ?? 0,
    // The factor leaves no trace in them.
    enlarges: dim("level1.fc1.weight", 0) === undefined ? 1 : undefined
  }
}

const classifierSettings = (dim: DimensionOf) => ({
  channels: dim("enter.conv.weight", 0),
  imageChannels: dim("enter.conv.weight", 1),
  classes: dim("logits.weight", 0)
})

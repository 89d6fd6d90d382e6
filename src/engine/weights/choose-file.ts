/** Which file of a model's folder to open: the layout that diffusers and transformers write. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { unreadableReason } from "../../base/unreadable-reason.ts"
import { UserError } from "../../base/user-error.ts"

/** `model.safetensors.index.json`, or `model.safetensors.index.fp16.json`. */
export const isIndexName = (name: string): boolean => indexPattern.test(name)

const indexPattern = /\.safetensors\.index(?:\.([^.]+))?\.json$/
const shardPattern = /-\d{5}-of-\d{5}\.safetensors$/
/** The names that transformers and diffusers look for; others beside them are not the model's. */
const usualPattern = /^(?:model|diffusion_pytorch_model)\./
const singlePattern = /^[^.]+(?:\.(.+))?\.safetensors$/

interface Candidate {
  readonly name: string
  /** `fp16` of `model.fp16.safetensors`. */
  readonly variant: string | undefined
}

/**
 * The index of a folder's shards, or its one file. A folder may hold several sets of weights, told apart by their variant;
 * where there is only one, it need not be named.
 *
 * @param variant such as `fp16`
 * @throws UserError when no file fits, or more than one
 */
export const chooseWeightsFile = (folder: string, variant?: string): string => {
  const names = namesIn(folder)
  const candidates = names.flatMap((name) => candidate(name) ?? [])
  if (candidates.length === 0) {
    if (names.some((name) => shardPattern.test(name))) {
      throw new UserError(`${folder} holds shards, but no index that says what is in them`, {
        hint: "fetch the file that ends in .safetensors.index.json, too"
      })
    }
    throw new UserError(`${folder} holds no safetensors file`, {
      hint: "give the folder of one model, such as unet/, or a file that ends in .safetensors or .safetensors.index.json"
    })
  }
  const ofVariant =
    variant === undefined && candidates.length === 1
      ? candidates
      : candidates.filter((one) => one.variant === variant)
  const usual = ofVariant.filter(({ name }) => usualPattern.test(name))
  const fitting = usual.length > 0 ? usual : ofVariant
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return join(folder, only.name)
  const list = candidates.map(({ name }) => name).join(", ")
  const wanted = variant === undefined ? "one set of weights" : `the variant ${variant}`
  throw new UserError(
    `${folder} holds ${fitting.length === 0 ? "none" : "several"} that could be ${wanted}: ${list}`,
    { hint: "name the file, or a variant that one of them has" }
  )
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).toSorted()
  } catch (cause) {
    throw new UserError(`${folder} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
}

const candidate = (name: string): Candidate | undefined => {
  if (name.startsWith(".") || shardPattern.test(name)) return undefined
  const match = indexPattern.exec(name) ?? singlePattern.exec(name)
  return match === null ? undefined : { name, variant: match[1] }
}

/** From a stage instance and the digests of its inputs to the key under which its result is found. */
import { type Digest, digestOf } from "../base/digest.ts"
import { folderDigest, listFolder } from "../base/folder.ts"
import { canonicalJson } from "../base/json.ts"
import { scalarNumericsClass } from "../engine/numerics.ts"
import type { InputRef, OutputRef, StageInstance } from "../language/pipeline.ts"
import type { ActionOutput, CodeDescription, Recipe } from "../store/action.ts"

/** What else than the pipeline a key is made of. */
export interface KeyContext {
  /** By `uses`. */
  readonly code: ReadonlyMap<string, CodeDescription>
  /** The engine's numerics class; asked for only when a stage computes tensors, since finding it out may take a while. */
  readonly numerics: string
  /**
   * The SHA-256 of a source file.
   *
   * @throws UserError when it cannot be read
   */
  readonly fileDigest: (path: string) => Digest
}

/** The outputs of an instance by port, when they are known. */
export type OutputsOf = (instance: string) => { readonly [port: string]: ActionOutput } | undefined

/**
 * Everything that the result of a stage instance depends on.
 *
 * @throws TypeError when an input is not known yet
 */
export const recipeOf = (
  instance: StageInstance,
  outputsOf: OutputsOf,
  context: KeyContext
): Recipe => {
  const inputs: Record<string, Recipe["inputs"][string]> = {}
  for (const port in instance.inputs) {
    const digest = inputDigest(instance.inputs[port] as InputRef, outputsOf)
    if (digest === undefined)
      throw new TypeError(`${instance.id}: its input ${port} is not known yet`)
    inputs[port] = digest
  }
  return { ...recipeWithoutInputs(instance, context), inputs }
}

/** The part of the recipe that is certain before anything has run; `inputs` is empty. */
export const recipeWithoutInputs = (instance: StageInstance, context: KeyContext): Recipe => {
  const code = context.code.get(instance.uses)
  if (code === undefined) throw new TypeError(`there is no fingerprint of ${instance.uses}`)
  const files: Record<string, Digest> = {}
  for (const param in instance.files) {
    const { folder, path } = instance.files[param] as StageInstance["files"][string]
    files[param] =
      folder === true
        ? folderDigest(
            listFolder(path).map((file) => ({
              name: file.name,
              digest: context.fileDigest(file.path)
            }))
          )
        : context.fileDigest(path)
  }
  const recipe = {
    uses: instance.uses,
    params: instance.params,
    code: code.fingerprint,
    inputs: {},
    files
  }
  return { ...recipe, numerics: code.tensors ? context.numerics : scalarNumericsClass() }
}

/** Undefined when one of the values is not known yet. */
export const inputDigest = (
  input: InputRef,
  outputsOf: OutputsOf
): Recipe["inputs"][string] | undefined => {
  if (input.kind === "one") return outputDigest(input.from, outputsOf)
  const values: Array<readonly [string, Digest]> = []
  for (const { from, label } of input.items) {
    const digest = outputDigest(from, outputsOf)
    if (digest === undefined) return undefined
    values.push([label, digest])
  }
  return values
}

const outputDigest = ({ instance, port }: OutputRef, outputsOf: OutputsOf): Digest | undefined => {
  const outputs = outputsOf(instance)
  if (outputs === undefined) return undefined
  const output = outputs[port]
  if (output === undefined) throw new TypeError(`${instance} has no output ${port}`)
  return output.digest
}

/** Calls `visit` for each output that an instance reads. */
export const forEachInput = (instance: StageInstance, visit: (from: OutputRef) => void): void => {
  for (const port in instance.inputs) {
    const input = instance.inputs[port] as InputRef
    if (input.kind === "one") visit(input.from)
    else for (const { from } of input.items) visit(from)
  }
}

export const actionKey = (recipe: Recipe): Digest => digestOf("action", [canonicalJson(recipe)])

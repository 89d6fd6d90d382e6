/** An instance that is to run, as the message for a worker: paths and digests in place of names. */
import { UserError } from "../base/user-error.ts"
import type { StageInstance } from "../language/pipeline.ts"
import type { StageRegistry } from "../language/registry.ts"
import type { Recipe } from "../store/action.ts"
import type { Job, JobInput } from "./protocol.ts"

/** @param recipe says which contents the names in the instance stand for */
export const jobOf = (
  registry: Pick<StageRegistry, "entries">,
  instance: StageInstance,
  recipe: Recipe,
  log: string
): Job => {
  const entry = registry.entries.get(instance.uses)
  if (entry === undefined) throw new UserError(`there is no stage ${instance.uses} any more`)
  return {
    id: instance.id,
    uses: instance.uses,
    module: entry.file,
    params: instance.params,
    files: Object.fromEntries(
      Object.entries(instance.files).map(([param, { folder, path, written }]) => {
        const digest = recipe.files[param]
        if (digest === undefined) throw new Error(`the recipe of ${instance.id} lacks ${param}`)
        return [param, { path, written, digest, ...(folder === undefined ? {} : { folder }) }]
      })
    ),
    inputs: Object.fromEntries(
      Object.entries(recipe.inputs).map(([port, input]) => [port, inputsOf(input)])
    ),
    outputs: instance.outputs,
    log,
    ...(instance.resources.timeMs === undefined ? {} : { timeMs: instance.resources.timeMs })
  }
}

const inputsOf = (input: Recipe["inputs"][string]): ReadonlyArray<JobInput> =>
  typeof input === "string"
    ? [{ label: "", digest: input }]
    : input.map(([label, digest]) => ({ label, digest }))

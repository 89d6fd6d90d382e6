/**
 * Whether the result of a stage instance is in the store: the one decision that `plan`, `run` and the runner between
 * two stages share. It reads action results and asks whether blobs are there; it never reads a blob.
 */
import type { Digest } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import type { CheckedPipeline, StageInstance } from "../language/pipeline.ts"
import type { ActionOutput, ActionResult, Recipe } from "../store/action.ts"
import type { Store } from "../store/store.ts"
import { actionKey, forEachInput, type KeyContext, type OutputsOf, recipeOf } from "./keys.ts"
import type { Decision, Plan } from "./plan.ts"

export interface PlanContext extends KeyContext {
  readonly store: Store
  /** Ids of the instances to run even if their result is known. */
  readonly forced: ReadonlySet<string>
}

/** Some inputs have to be computed first. */
export interface Undecided {
  readonly state: "depends"
  /** Ids of the instances whose results are not known, each once. */
  readonly on: ReadonlyArray<string>
}

export interface Known {
  readonly state: "known"
  readonly key: Digest
  readonly outputs: { readonly [port: string]: ActionOutput }
}

export interface ToRun {
  readonly state: "run"
  readonly key: Digest
  readonly recipe: Recipe
}

/**
 * Decides one instance, given the outputs that are known by now.
 *
 * @throws UserError when a source file cannot be read
 */
export const decide = (
  instance: StageInstance,
  outputsOf: OutputsOf,
  context: PlanContext
): Undecided | Known | ToRun => {
  const found = lookUp(instance, outputsOf, context)
  if (found.state !== "known") return found
  const { action, key, outputs, recipe } = found
  const isWhole = context.store.blobs.missing(action.blobs).length === 0
  return isWhole ? { state: "known", key, outputs } : { state: "run", key, recipe }
}

/** A result as the store remembers it, not yet known to be whole. */
interface Remembered extends Known {
  readonly recipe: Recipe
  readonly action: ActionResult
}

const lookUp = (
  instance: StageInstance,
  outputsOf: OutputsOf,
  context: PlanContext
): Undecided | Remembered | ToRun => {
  const on = unknownInputs(instance, outputsOf)
  if (on !== undefined) return { state: "depends", on }
  const recipe = recipeOf(instance, outputsOf, context)
  const key = actionKey(recipe)
  if (context.forced.has(instance.id)) return { state: "run", key, recipe }
  const action = context.store.actions.get(key)
  return action === undefined || !hasOutputs(action, instance)
    ? { state: "run", key, recipe }
    : { state: "known", key, outputs: action.outputs, recipe, action }
}

/** A result without one of the stage's ports would leave its readers without an input. */
const hasOutputs = (action: ActionResult, instance: StageInstance): boolean => {
  for (const port in instance.outputs) if (action.outputs[port] === undefined) return false
  return true
}

const unknownInputs = (
  instance: StageInstance,
  outputsOf: OutputsOf
): ReadonlyArray<string> | undefined => {
  let unknown: Array<string> | undefined
  forEachInput(instance, (from) => {
    if (outputsOf(from.instance) !== undefined) return
    if (unknown === undefined) unknown = [from.instance]
    else if (!unknown.includes(from.instance)) unknown.push(from.instance)
  })
  return unknown
}

/**
 * Decides all instances, without causes (`explain` adds them). Presence of blobs is asked once for all results together.
 *
 * @param selection ids to decide; all when absent. Results of others are used where a selected instance reads them
 * @throws UserError when a selected instance reads one that is neither selected nor known
 */
export const planPipeline = (
  pipeline: CheckedPipeline,
  context: PlanContext,
  selection?: ReadonlySet<string>
): Plan => {
  const needed = selection === undefined ? undefined : withNeeds(pipeline, selection)
  const instances =
    needed === undefined
      ? pipeline.instances
      : pipeline.instances.filter(({ id }) => needed.has(id))
  // Inherited, not copied: to copy the numerics class would be to ask for it, and a plan without tensors never does.
  const once = Object.create(context, {
    fileDigest: { value: remembering(context.fileDigest) }
  }) as PlanContext
  const outputs = new Map<string, Known["outputs"]>()
  const outputsOf: OutputsOf = (id) => outputs.get(id)

  const found = new Map<string, Undecided | Remembered | ToRun>()
  const blobs = new Set<Digest>()
  for (const instance of instances) {
    const result = lookUp(instance, outputsOf, once)
    found.set(instance.id, result)
    if (result.state !== "known") continue
    outputs.set(instance.id, result.outputs)
    for (const blob of result.action.blobs) blobs.add(blob)
  }

  const missing = new Set(context.store.blobs.missing(blobs))
  if (missing.size > 0) demote(instances, found, outputs, missing)

  if (selection !== undefined) requireNeeds(instances, selection, outputs)
  const decisions: Array<Decision> = []
  for (const instance of instances) {
    if (selection !== undefined && !selection.has(instance.id)) continue
    decisions.push(decisionOf(instance, found.get(instance.id) as Undecided | Remembered | ToRun))
  }
  return { decisions }
}

const decisionOf = (instance: StageInstance, found: Undecided | Remembered | ToRun): Decision => {
  if (found.state === "depends") return { state: "depends", instance, on: found.on, causes: [] }
  return found.state === "known"
    ? { state: "known", instance, key: found.key, outputs: found.outputs }
    : { state: "run", instance, key: found.key, recipe: found.recipe, causes: [] }
}

/**
 * Takes back what rested on results that are not whole: they have to run, and what reads them waits for their digests.
 * Those that stay known keep their keys, since their inputs are still what they were.
 */
const demote = (
  instances: ReadonlyArray<StageInstance>,
  found: Map<string, Undecided | Remembered | ToRun>,
  outputs: Map<string, Known["outputs"]>,
  missing: ReadonlySet<Digest>
): void => {
  const outputsOf: OutputsOf = (id) => outputs.get(id)
  for (const instance of instances) {
    const on = unknownInputs(instance, outputsOf)
    const before = found.get(instance.id)
    if (on !== undefined) found.set(instance.id, { state: "depends", on })
    else if (before?.state === "known" && before.action.blobs.some((blob) => missing.has(blob))) {
      found.set(instance.id, { state: "run", key: before.key, recipe: before.recipe })
    } else continue
    outputs.delete(instance.id)
  }
}

/** The ids and all that they need. */
export const withNeeds = (
  pipeline: CheckedPipeline,
  ids: ReadonlySet<string>
): ReadonlySet<string> => {
  const needed = new Set(ids)
  for (const instance of pipeline.instances.toReversed()) {
    if (needed.has(instance.id)) forEachInput(instance, (from) => void needed.add(from.instance))
  }
  return needed
}

const requireNeeds = (
  instances: ReadonlyArray<StageInstance>,
  selection: ReadonlySet<string>,
  outputs: ReadonlyMap<string, unknown>
): void => {
  const lacking = new Set<string>()
  let reader: string | undefined
  for (const instance of instances) {
    if (!selection.has(instance.id)) continue
    forEachInput(instance, (from) => {
      if (selection.has(from.instance) || outputs.has(from.instance)) return
      lacking.add(from.instance)
      reader ??= instance.id
    })
  }
  const [first, ...others] = lacking
  if (first === undefined) return
  const more = others.length === 0 ? "" : ` and ${others.length} more`
  throw new UserError(
    `${reader} alone cannot run: it reads ${first}${more}, whose result is not in the store`,
    { hint: `run ${first} first, or use --until ${reader} to run all that it needs` }
  )
}

const remembering = (digest: (path: string) => Digest): ((path: string) => Digest) => {
  const known = new Map<string, Digest>()
  return (path) => {
    let found = known.get(path)
    if (found === undefined) known.set(path, (found = digest(path)))
    return found
  }
}

/** Why instances are not known: the difference between what they are made of now and what they were made of last. */
import type { Digest } from "../base/digest.ts"
import { numericsChange } from "../engine/numerics-change.ts"
import type { CheckedPipeline, StageInstance } from "../language/pipeline.ts"
import type { Recipe } from "../store/action.ts"
import { compareRecipes } from "./compare-recipes.ts"
import type { PlanContext } from "./decide.ts"
import { forEachInput, inputDigest, type OutputsOf, recipeWithoutInputs } from "./keys.ts"
import { ownerOf } from "./instance-name.ts"
import { ownerIdOf } from "./parts.ts"
import type { Cause, Decision, Plan } from "./plan.ts"

/** What is asked of the index of past runs. */
export interface History {
  /** The key that each instance of the pipeline file had when it was last computed or known; absent when it never was. */
  readonly latest: (file: string, ids: ReadonlyArray<string>) => ReadonlyMap<string, Digest>
  /** By `stageId`: seconds that such an instance takes; absent when nothing like it has run. */
  readonly expectedSeconds: (
    items: ReadonlyArray<{ readonly uses: string; readonly stageId: string }>
  ) => ReadonlyMap<string, number>
}

/** The plan with causes and expected times. */
export const explain = (
  plan: Plan,
  pipeline: CheckedPipeline,
  context: PlanContext,
  history: History
): Plan => {
  if (plan.decisions.every(({ state }) => state === "known")) return plan
  const explainOne = explainer(plan, pipeline, context, history)
  return { decisions: plan.decisions.map(explainOne) }
}

/**
 * Explains decisions one by one, also those that a run makes after the plan: history is asked once, here, so that it
 * means the runs before this one.
 */
export const explainer = (
  plan: Plan,
  pipeline: CheckedPipeline,
  context: PlanContext,
  history: History
): ((decision: Decision) => Decision) => {
  const open = plan.decisions
    .filter(({ state }) => state !== "known")
    .map(({ instance }) => instance)
  const stages = new Set(open.map(({ stage }) => stage))
  const siblings = pipeline.instances.filter(({ stage }) => stages.has(stage)).map(({ id }) => id)
  // An instance of a matrix may come from a stage that had none.
  const plain = open.map(plainId)
  const latest = history.latest(pipeline.file, [...new Set([...siblings, ...plain])])
  const seconds = history.expectedSeconds(open.map(({ id, uses }) => ({ uses, stageId: id })))
  const outputs = new Map(
    plan.decisions.flatMap((decision) =>
      decision.state === "known" ? [[decision.instance.id, decision.outputs] as const] : []
    )
  )
  const past = pastRecipes(pipeline, context, latest)
  return (decision) => {
    if (decision.state === "known") return decision
    const expectedSeconds = seconds.get(decision.instance.id)
    const causes =
      decision.state === "run"
        ? causesToRun(decision, context, past)
        : certainCauses(decision.instance, (id) => outputs.get(id), context, past)
    return { ...decision, causes, ...(expectedSeconds === undefined ? {} : { expectedSeconds }) }
  }
}

interface Past {
  readonly keyOf: (id: string) => Digest | undefined
  readonly recipeOf: (id: string) => Recipe | undefined
  /** Other instances of the stage, or the same part of them, that have been computed, a few. */
  readonly similar: (instance: StageInstance) => ReadonlyArray<string>
  /** The part of the same instance and kind that a part reads: the epoch before this one. */
  readonly partBefore: (instance: StageInstance) => string | undefined
}

/** What the id would be without a matrix. */
const plainId = ({ part, stage }: StageInstance): string =>
  part === undefined ? stage : `${stage}/${part}`

/** With how many instances a new one is compared to find the most similar. */
const mostCompared = 20

const pastRecipes = (
  pipeline: CheckedPipeline,
  { store }: PlanContext,
  latest: ReadonlyMap<string, Digest>
): Past => {
  const recipes = new Map<string, Recipe | undefined>()
  const byPlainId = new Map<string, Array<string>>()
  for (const instance of pipeline.instances) {
    const { id } = instance
    if (!latest.has(id)) continue
    const plain = plainId(instance)
    const ids = byPlainId.get(plain)
    if (ids === undefined) byPlainId.set(plain, [id])
    else if (ids.length < mostCompared) ids.push(id)
  }
  let usesOf: ReadonlyMap<string, string> | undefined
  return {
    keyOf: (id) => latest.get(id),
    recipeOf: (id) => {
      const key = latest.get(id)
      if (key === undefined) return undefined
      if (!recipes.has(id)) recipes.set(id, store.actions.get(key)?.recipe)
      return recipes.get(id)
    },
    similar: (instance) => {
      const plain = plainId(instance)
      return [...(byPlainId.get(plain) ?? []), ...(latest.has(plain) ? [plain] : [])]
    },
    partBefore: (instance) => {
      if (instance.part === undefined) return undefined
      usesOf ??= new Map(pipeline.instances.map(({ id, uses }) => [id, uses]))
      const own = `${ownerIdOf(instance)}/`
      let before: string | undefined
      forEachInput(instance, (from) => {
        const isOfItsKind = usesOf?.get(from.instance) === instance.uses
        if (isOfItsKind && from.instance.startsWith(own)) before ??= from.instance.slice(own.length)
      })
      return before
    }
  }
}

const causesToRun = (
  { instance, key, recipe }: Extract<Decision, { readonly state: "run" }>,
  { forced, store }: PlanContext,
  past: Past
): ReadonlyArray<Cause> => {
  const codeOf = store.code.get
  const force: ReadonlyArray<Cause> = forced.has(instance.id) ? [{ kind: "forced" }] : []
  const previousKey = past.keyOf(instance.id)
  if (previousKey !== undefined && previousKey !== key) {
    const before = past.recipeOf(instance.id)
    if (before === undefined) {
      return [...force, { kind: "lost", what: "the result that it had before" }]
    }
    return [...force, ...compareRecipes({ instance, before, after: recipe, codeOf })]
  }
  const action = store.actions.get(key)
  if (action !== undefined) {
    if (force.length > 0) return force
    const missing = new Set(store.blobs.missing(action.blobs))
    const ports = Object.entries(action.outputs).filter(([, { digest }]) => missing.has(digest))
    return [
      {
        kind: "lost",
        what:
          ports.length === 0
            ? "a part of its result"
            : `its ${ports.length === 1 ? "output" : "outputs"} ${andList(ports.map(([port]) => port))}`
      }
    ]
  }
  if (previousKey === key) return [...force, { kind: "lost", what: "its result" }]
  return [...force, newCause(instance, recipe, past, codeOf)]
}

const newCause = (
  instance: StageInstance,
  recipe: Recipe,
  past: Past,
  codeOf: PlanContext["store"]["code"]["get"]
): Cause => {
  const after = past.partBefore(instance)
  if (after !== undefined) return { kind: "new", after }
  let like: { readonly id: string; readonly differences: ReadonlyArray<Cause> } | undefined
  for (const id of past.similar(instance)) {
    const before = past.recipeOf(id)
    if (before === undefined || before.uses !== recipe.uses) continue
    const differences = compareRecipes({ instance, before, after: recipe, codeOf })
    if (like === undefined || differences.length < like.differences.length)
      like = { id, differences }
  }
  return like === undefined ? { kind: "new" } : { kind: "new", like }
}

/** Differences that hold whatever the unknown inputs turn out to be. */
const certainCauses = (
  instance: StageInstance,
  outputsOf: OutputsOf,
  context: PlanContext,
  past: Past
): ReadonlyArray<Cause> => {
  const force: ReadonlyArray<Cause> = context.forced.has(instance.id) ? [{ kind: "forced" }] : []
  const before = past.recipeOf(instance.id)
  if (before === undefined) return force
  const inputs: Record<string, Recipe["inputs"][string]> = {}
  const unknownPorts = new Set<string>()
  for (const [port, input] of Object.entries(instance.inputs)) {
    const digest = inputDigest(input, outputsOf)
    if (digest !== undefined) inputs[port] = digest
    else if (before.inputs[port] !== undefined) unknownPorts.add(port)
    else inputs[port] = []
  }
  const after = { ...recipeWithoutInputs(instance, context), inputs }
  const causes = compareRecipes({
    instance,
    before,
    after,
    unknownPorts,
    codeOf: context.store.code.get
  })
  return [...force, ...causes]
}

/**
 * The most telling cause as one line: `learningRate: 1e-2 → 1e-4`, `code: stages/noise/add.ts`,
 * `input image: content changed, from noisy`.
 */
export const firstCause = (decision: Decision): string => {
  if (decision.state === "known") return "its result is in the store"
  const [first, ...others] = decision.causes
  if (first !== undefined) {
    return others.length === 0
      ? causeLine(first)
      : `${causeLine(first)} (and ${others.length} more)`
  }
  return decision.state === "depends" ? `depends on ${someOf(onWhat(decision))}` : "not explained"
}

/** Its own parts are one. */
const onWhat = ({
  instance,
  on
}: Extract<Decision, { readonly state: "depends" }>): ReadonlyArray<string> => {
  const outside = on.filter((id) => ownerOf(id) !== instance.id)
  return outside.length < on.length ? [...outside, "its parts"] : on
}

export const causeLine = (cause: Cause): string =>
  (causeLines[cause.kind] as (cause: Cause) => string)(cause)

const causeLines: {
  readonly [K in Cause["kind"]]: (cause: Extract<Cause, { readonly kind: K }>) => string
} = {
  forced: () => "forced",
  new: ({ after, like }) =>
    after !== undefined
      ? `new: adds to ${after}`
      : like === undefined
        ? "new"
        : `new: like ${like.id}${butLine(like.differences)}`,
  uses: ({ after, before }) => `uses: ${before} → ${after}`,
  parameter: ({ after, before, path }) => `${path}: ${before} → ${after}`,
  code: ({ files }) => (files.length === 0 ? "code changed" : `code: ${someOf(files)}`),
  package: ({ after, before, name }) => `package ${name}: ${before} → ${after}`,
  input: ({ from, port, what }) =>
    `input ${port}: ${what}${from.length === 0 ? "" : `, from ${someOf(from)}`}`,
  file: ({ param, path }) => `input ${param}: content changed (${path})`,
  numerics: ({ after, before }) => `engine: ${numericsChange(before, after)}`,
  lost: ({ what }) =>
    `${what} ${what.startsWith("its outputs ") ? "are" : "is"} no longer in the store`
}

const andList = (names: ReadonlyArray<string>): string =>
  names.length <= 1 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

const butLine = (differences: ReadonlyArray<Cause>): string => {
  const [first, ...others] = differences
  if (first === undefined) return ""
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`
  return ` but ${causeLine(first)}${more}`
}

const someOf = (names: ReadonlyArray<string>): string =>
  names.length <= 2 ? names.join(", ") : `${names[0]} and ${names.length - 1} more`

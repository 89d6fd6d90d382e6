/** Two stage instances held against each other: what they were made of, and what came out. */
import type { Digest } from "../../base/digest.ts"
import type { InputRef, StageInstance } from "../../language/pipeline.ts"
import { compareRecipes } from "../../plan/compare-recipes.ts"
import type { Cause } from "../../plan/plan.ts"
import type { Recipe } from "../../store/action.ts"
import type { ManifestEntry, RunRecord } from "../../store/run-record.ts"
import type { History } from "../what/history.ts"
import { sourceFinder } from "../what/sources.ts"
import { compareOutputs, type OutputDifference } from "./values.ts"

export interface Side {
  readonly run: RunRecord
  readonly entry: ManifestEntry
}

export interface InstanceDifference {
  readonly before: { readonly id: string; readonly uses: string; readonly key?: Digest }
  readonly after: { readonly id: string; readonly uses: string; readonly key?: Digest }
  /** What sets the recipes apart; empty when they are equal, or when one is no longer in the store. */
  readonly causes: ReadonlyArray<Cause>
  /** Whether the recipes differ but cannot be compared. */
  readonly forgotten: boolean
  readonly outputs: { readonly [port: string]: OutputDifference }
  readonly different: boolean
}

export const compareInstances = (
  history: History,
  before: Side,
  after: Side,
  deep: boolean
): InstanceDifference => {
  const [old, now] = [before, after].map(({ entry }) =>
    entry.key === undefined ? undefined : history.store.actions.get(entry.key)?.recipe
  )
  const isEqualKey = before.entry.key === after.entry.key
  const comparable = old !== undefined && now !== undefined
  const ports = new Set([
    ...Object.keys(before.entry.outputs ?? {}),
    ...Object.keys(after.entry.outputs ?? {})
  ])
  const outputs = Object.fromEntries(
    [...ports].map((port) => [
      port,
      compareOutputs(history, before.entry.outputs?.[port], after.entry.outputs?.[port], deep)
    ])
  )
  return {
    before: nameOf(before.entry),
    after: nameOf(after.entry),
    causes:
      isEqualKey || !comparable
        ? []
        : compareRecipes({
            instance: instanceOf(history, after, now),
            before: old,
            after: now,
            codeOf: history.store.code.get
          }),
    forgotten: !isEqualKey && !comparable,
    outputs,
    different: !isEqualKey || Object.values(outputs).some(({ state }) => state !== "same")
  }
}

const nameOf = ({ id, key, uses }: ManifestEntry) => ({
  id,
  uses,
  ...(key === undefined ? {} : { key })
})

/** As much of an instance as naming the sources of its inputs takes, from the digests in the run. */
const instanceOf = (history: History, { entry, run }: Side, recipe: Recipe): StageInstance => {
  const sourceOf = sourceFinder(history.manifest(run))
  const inputs = Object.entries(recipe.inputs).flatMap(
    ([port, input]): ReadonlyArray<[string, InputRef]> => {
      if (typeof input === "string") {
        const from = sourceOf(entry.id, input)
        return from === undefined ? [] : [[port, { kind: "one", from }]]
      }
      const items = input.flatMap(([label, digest]) => {
        const from = sourceOf(entry.id, digest)
        return from === undefined ? [] : [{ label, from }]
      })
      return [[port, { kind: "many", items }]]
    }
  )
  return {
    id: entry.id,
    stage: entry.id,
    point: {},
    uses: entry.uses,
    params: recipe.params,
    // Recipes hold the content of files and not their paths: the parameter's name has to do.
    files: Object.fromEntries(
      Object.keys(recipe.files).map((param) => [param, { path: "", written: param }])
    ),
    inputs: Object.fromEntries(inputs),
    outputs: {},
    resources: {},
    position: { file: run.file, line: 1, column: 1, length: 1 }
  }
}

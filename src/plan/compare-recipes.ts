/** What sets two recipes of a stage instance apart, most telling first. */
import type { Digest } from "../base/digest.ts"
import { canonicalJson, type Json, type JsonObject } from "../base/json.ts"
import type { InputRef, StageInstance } from "../language/pipeline.ts"
import type { CodeDescription, Recipe } from "../store/action.ts"
import type { Cause } from "./plan.ts"
import { showChange } from "./show-value.ts"

export interface Comparison {
  readonly instance: StageInstance
  readonly before: Recipe
  readonly after: Recipe
  /** Ports whose values are not known yet, and so not compared. */
  readonly unknownPorts?: ReadonlySet<string>
  readonly codeOf: (fingerprint: Digest) => CodeDescription | undefined
}

export const compareRecipes = (comparison: Comparison): ReadonlyArray<Cause> => {
  const { after, before } = comparison
  if (before.uses !== after.uses) return [{ kind: "uses", before: before.uses, after: after.uses }]
  return [
    ...compareParameters(before.params, after.params),
    ...compareCode(comparison),
    ...compareFiles(comparison),
    ...compareInputs(comparison),
    ...compareNumerics(before.numerics, after.numerics)
  ]
}

/** The differences between two values, each where it lies; `learningRate.initial`, `timesteps[2]`. */
const compareParameters = (
  before: JsonObject,
  after: JsonObject
): ReadonlyArray<Extract<Cause, { readonly kind: "parameter" }>> =>
  differences(before, after, "").map(({ after, before, path }) => {
    const shown = showChange(before, after)
    return { kind: "parameter", path, before: shown.before, after: shown.after }
  })

interface Difference {
  readonly path: string
  readonly before: Json | undefined
  readonly after: Json | undefined
}

const differences = (
  before: Json | undefined,
  after: Json | undefined,
  path: string
): ReadonlyArray<Difference> => {
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(after), ...Object.keys(before)])
    return [...keys].flatMap((key) =>
      differences(before[key], after[key], path === "" ? key : `${path}.${key}`)
    )
  }
  if (isArray(before) && isArray(after) && before.length === after.length) {
    const items = after.flatMap((item, index) =>
      differences(before[index], item, `${path}[${index}]`)
    )
    // Where most of a list is new, the list says more than its items one by one.
    if (items.length <= 2) return items
  }
  const same =
    before === undefined || after === undefined
      ? before === after
      : canonicalJson(before) === canonicalJson(after)
  return same ? [] : [{ path, before, after }]
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isArray = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const compareCode = ({ after, before, codeOf, instance }: Comparison): ReadonlyArray<Cause> => {
  if (before.code === after.code) return []
  const [old, now] = [codeOf(before.code), codeOf(after.code)]
  // gc may have removed the description of the old code; that it was another is still certain.
  if (old === undefined || now === undefined) return [{ kind: "code", files: [] }]
  const own = `stages/${instance.uses}.`
  const files = changedKeys(old.modules, now.modules).toSorted(
    (a, b) => Number(b.includes(own)) - Number(a.includes(own)) || (a < b ? -1 : 1)
  )
  const packages = changedKeys(old.packages, now.packages).map((name): Cause => {
    const [from = "not used", to = "not used"] = [old.packages[name], now.packages[name]]
    return { kind: "package", name, before: from, after: to }
  })
  const code: ReadonlyArray<Cause> =
    files.length > 0 || packages.length === 0 ? [{ kind: "code", files }] : []
  return [...code, ...packages]
}

const changedKeys = (
  before: { readonly [key: string]: string },
  after: { readonly [key: string]: string }
): Array<string> =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => before[key] !== after[key]
  )

const compareFiles = ({ after, before, instance }: Comparison): ReadonlyArray<Cause> =>
  changedKeys(before.files, after.files).map((param): Cause => {
    const path = instance.files[param]?.written ?? "a file"
    if (before.files[param] === undefined) {
      return { kind: "parameter", path: param, before: "not set", after: path }
    }
    if (after.files[param] === undefined) {
      return { kind: "parameter", path: param, before: "a file", after: "not set" }
    }
    return { kind: "file", param, path }
  })

const compareInputs = ({
  after,
  before,
  instance,
  unknownPorts = new Set()
}: Comparison): ReadonlyArray<Cause> => {
  const ports = new Set([...Object.keys(after.inputs), ...Object.keys(before.inputs)])
  return [...ports].flatMap((port): ReadonlyArray<Cause> => {
    if (unknownPorts.has(port)) return []
    const change = inputChange(before.inputs[port], after.inputs[port])
    if (change === undefined) return []
    const input = instance.inputs[port]
    return [{ kind: "input", port, what: change.what, from: readFrom(input, change.labels) }]
  })
}

type InputDigest = Recipe["inputs"][string] | undefined

/** `labels` are those of a `many` port that differ; absent when the port as a whole does. */
const inputChange = (
  before: InputDigest,
  after: InputDigest
): { readonly what: string; readonly labels?: ReadonlySet<string> } | undefined => {
  if (before === undefined || after === undefined) {
    if (before === after) return undefined
    return { what: before === undefined ? "newly connected" : "no longer connected" }
  }
  if (typeof before === "string" || typeof after === "string") {
    return before === after ? undefined : { what: "content changed" }
  }
  const [old, now] = [new Map(before), new Map(after)]
  const added = [...now.keys()].filter((label) => !old.has(label))
  const removed = [...old.keys()].filter((label) => !now.has(label))
  const changed = [...now.keys()].filter(
    (label) => old.has(label) && old.get(label) !== now.get(label)
  )
  if (added.length > 0 || removed.length > 0) {
    const parts = [some("added", added), some("removed", removed)].filter((part) => part !== "")
    return { what: parts.join(", "), labels: new Set([...added, ...changed]) }
  }
  if (changed.length > 0) return { what: "content changed", labels: new Set(changed) }
  const reordered = before.some(([label], index) => after[index]?.[0] !== label)
  return reordered ? { what: "order changed", labels: new Set() } : undefined
}

const some = (word: string, labels: ReadonlyArray<string>): string => {
  if (labels.length === 0) return ""
  return labels.length <= 3 ? `${word} ${labels.join(", ")}` : `${word} ${labels.length} values`
}

const readFrom = (
  input: InputRef | undefined,
  labels: ReadonlySet<string> | undefined
): ReadonlyArray<string> => {
  if (input === undefined) return []
  if (input.kind === "one") return [input.from.instance]
  const items = input.items.filter(({ label }) => labels === undefined || labels.has(label))
  return [...new Set(items.map(({ from }) => from.instance))]
}

const compareNumerics = (
  before: string | undefined,
  after: string | undefined
): ReadonlyArray<Cause> =>
  before === after
    ? []
    : [{ kind: "numerics", before: before ?? "no tensors", after: after ?? "no tensors" }]

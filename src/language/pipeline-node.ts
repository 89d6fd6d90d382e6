/** The sections of a pipeline, and what each key may hold. */
import { describeNode, emptyMap, type Entry, isNull, type MapNode, quote, textOf } from "./node.ts"
import { suggestion } from "./suggestion.ts"
import type { Problems } from "./problems.ts"
import type { Span } from "./source.ts"

export interface Sections {
  readonly name: { readonly text: string; readonly at: Span } | undefined
  readonly description: string
  readonly params: MapNode
  readonly matrix: MapNode
  readonly stages: MapNode
}

const keys = ["name", "description", "params", "matrix", "stages", "extends", "include"]
const stageNameForm = /^[a-z][A-Za-z0-9_-]*$/
const paramNameForm = /^[A-Za-z_][A-Za-z0-9_-]*$/

export const readSections = (pipeline: MapNode, problems: Problems): Sections => {
  for (const [name, { key }] of pipeline.entries) {
    if (!keys.includes(name))
      problems.error(
        "unknown-key",
        key,
        `a pipeline has no ${quote(name)}`,
        suggestion(name, keys, "its keys")
      )
  }
  const params = section(pipeline, "params", problems)
  const stages = section(pipeline, "stages", problems)
  if (stages.entries.size === 0 && problems.errorCount() === 0) {
    const entry = pipeline.entries.get("stages")
    problems.error(
      "no-stages",
      entry?.key ?? { ...pipeline, end: pipeline.start + 1 },
      "this pipeline has no stages",
      "write `stages:`, and below it a name, `uses:` and `with:` for each stage"
    )
  }
  return {
    name: textAt(pipeline, "name", problems),
    description: textAt(pipeline, "description", problems)?.text ?? "",
    params: named(
      params,
      paramNameForm,
      "parameter",
      "a name starts with a letter, and letters, digits, `-` and `_` follow",
      problems
    ),
    matrix: section(pipeline, "matrix", problems),
    stages: named(
      stages,
      stageNameForm,
      "stage",
      "a name starts with a small letter, and letters, digits, `-` and `_` follow",
      problems
    )
  }
}

const section = (pipeline: MapNode, name: string, problems: Problems): MapNode => {
  const value = pipeline.entries.get(name)?.value
  if (value?.kind === "map") return value
  if (value !== undefined && !isNull(value)) {
    problems.error(
      "wrong-kind",
      value,
      `\`${name}\` must be a map, but it is ${describeNode(value)}`
    )
  }
  return emptyMap(pipeline.source)
}

const textAt = (pipeline: MapNode, name: string, problems: Problems) => {
  const value = pipeline.entries.get(name)?.value
  if (value === undefined || isNull(value)) return undefined
  const text = textOf(value)
  if (text === undefined) {
    problems.error(
      "wrong-kind",
      value,
      `\`${name}\` must be text, but it is ${describeNode(value)}`,
      value.kind === "scalar" ? "put it into quotes" : undefined
    )
    return undefined
  }
  return { text, at: value as Span }
}

/** The entries whose names can be used; the others are reported. */
const named = (
  map: MapNode,
  form: RegExp,
  what: string,
  hint: string,
  problems: Problems
): MapNode => {
  const entries = new Map<string, Entry>()
  for (const [name, entry] of map.entries) {
    if (form.test(name)) entries.set(name, entry)
    else
      problems.error("bad-name", entry.key, `${quote(name)} cannot be the name of a ${what}`, hint)
  }
  return { ...map, entries }
}

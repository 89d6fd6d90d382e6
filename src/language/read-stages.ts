/** One stage as it is written: what it uses, what is wired to it, and its parameters, before anything is looked up. */
import { nearest } from "../base/nearest.ts"
import {
  describeNode,
  type Entry,
  isNull,
  type MapNode,
  type Node,
  quote,
  type ScalarNode,
  textOf
} from "./node.ts"
import { suggestion } from "./suggestion.ts"
import type { Problems } from "./problems.ts"
import type { Span } from "./source.ts"

export interface WrittenReference {
  readonly text: string
  readonly stage: string
  /** Absent: the stage's only output. */
  readonly port: string | undefined
  readonly at: ScalarNode
}

export interface WrittenInput {
  readonly port: string
  readonly key: Span
  readonly value: Node
  /** One, or several with labels. */
  readonly form: "one" | "list" | "map" | "collect"
  readonly items: ReadonlyArray<WrittenItem>
}

export interface WrittenItem {
  readonly label: string
  readonly reference: WrittenReference
  /** Where the label stands. */
  readonly at: Span
}

export interface WrittenStage {
  readonly name: string
  readonly key: Span
  readonly uses: { readonly text: string; readonly at: ScalarNode } | undefined
  readonly inputs: ReadonlyArray<WrittenInput>
  readonly inKey: Span | undefined
  /** The axes that `collect` gathers over. */
  readonly over: ReadonlyArray<{ readonly axis: string; readonly at: Span }>
  readonly with: { readonly key: Span; readonly node: MapNode } | undefined
  /** What is too broken to say what is missing from it. */
  readonly broken: { readonly inputs: boolean; readonly with: boolean }
  readonly resources: Node | undefined
}

const keys = ["uses", "in", "with", "collect", "resources", "description"]

export const readStage = (
  name: string,
  { key, value }: Entry,
  problems: Problems
): WrittenStage => {
  const nothing = {
    name,
    key,
    uses: undefined,
    inputs: [],
    inKey: undefined,
    over: [],
    with: undefined,
    resources: undefined
  }
  if (value.kind !== "map") {
    problems.error(
      "wrong-kind",
      isNull(value) ? key : value,
      `the stage \`${name}\` must be a map with \`uses\`, but it is ${describeNode(value)}`
    )
    return { ...nothing, broken: { inputs: true, with: true } }
  }
  for (const [word, entry] of value.entries) {
    if (keys.includes(word)) continue
    const hint = suggestion(word, keys, "its keys")
    problems.error("unknown-key", entry.key, `a stage has no ${quote(word)}`, hint)
  }
  const before = problems.errorCount()
  const wired = readIn(value, problems)
  const collected = readCollect(value, problems)
  const inputsBroken = problems.errorCount() > before
  const inputs = [...wired, ...collected.inputs]
  for (const { port, key } of collected.inputs) {
    if (wired.some((input) => input.port === port)) {
      problems.error(
        "wired-twice",
        key,
        `the input \`${port}\` is wired both in \`in\` and in \`collect\``
      )
    }
  }
  return {
    ...nothing,
    uses: readUses(name, key, value, problems),
    inputs,
    inKey: value.entries.get("in")?.key,
    over: collected.over,
    with: readWith(value, problems),
    resources: value.entries.get("resources")?.value,
    broken: { inputs: inputsBroken, with: isMalformed(value.entries.get("with")) }
  }
}

const isMalformed = (entry: Entry | undefined) =>
  entry !== undefined && entry.value.kind !== "map" && !isNull(entry.value)

const readUses = (
  name: string,
  key: Span,
  stage: MapNode,
  problems: Problems
): WrittenStage["uses"] => {
  const entry = stage.entries.get("uses")
  if (entry === undefined) {
    // A misspelt `uses` is one mistake, not two.
    if (
      [...stage.entries.keys()].some(
        (word) => !keys.includes(word) && nearest(word, keys) === "uses"
      )
    ) {
      return undefined
    }
    problems.error(
      "missing-key",
      key,
      `the stage \`${name}\` does not say what it uses`,
      "add `uses:` with the name of a stage type, such as `image/load`"
    )
    return undefined
  }
  const { value } = entry
  const text = textOf(value)
  if (text !== undefined && value.kind === "scalar") {
    if (!text.includes("${")) return { text, at: value }
    problems.error(
      "interpolation",
      value,
      "`uses` cannot be filled in: what a stage does is the same everywhere"
    )
    return undefined
  }
  problems.error(
    "wrong-kind",
    value,
    `\`uses\` must be the name of a stage type, but it is ${describeNode(value)}`
  )
  return undefined
}

const readWith = (stage: MapNode, problems: Problems): WrittenStage["with"] => {
  const entry = stage.entries.get("with")
  if (entry === undefined || isNull(entry.value)) return undefined
  if (entry.value.kind === "map") return { key: entry.key, node: entry.value }
  problems.error(
    "wrong-kind",
    entry.value,
    `\`with\` must be a map of parameters, but it is ${describeNode(entry.value)}`
  )
  return undefined
}

const readIn = (stage: MapNode, problems: Problems): ReadonlyArray<WrittenInput> => {
  const value = stage.entries.get("in")?.value
  if (value === undefined || isNull(value)) return []
  if (value.kind !== "map") {
    problems.error(
      "wrong-kind",
      value,
      `\`in\` must be a map from inputs to outputs, but it is ${describeNode(value)}`,
      "write `in: { port: stage.output }`"
    )
    return []
  }
  return [...value.entries].map(([port, entry]) => readInput(port, entry, problems))
}

const readInput = (port: string, { key, value }: Entry, problems: Problems): WrittenInput => {
  const input = { port, key, value }
  if (value.kind === "scalar") {
    const reference = readReference(value, problems)
    return {
      ...input,
      form: "one",
      items: reference === undefined ? [] : [{ label: reference.text, reference, at: reference.at }]
    }
  }
  const labelled: ReadonlyArray<readonly [string | undefined, Node, Span]> =
    value.kind === "list"
      ? value.items.map((item) => [undefined, item, item])
      : [...value.entries].map(([label, entry]) => [label, entry.value, entry.key])
  if (labelled.length === 0) {
    problems.error("missing-input", key, `nothing is wired to the input \`${port}\``)
  }
  const items = labelled.flatMap(([given, item, at]) => {
    const reference = readReference(item, problems)
    return reference === undefined ? [] : [{ label: given ?? reference.text, reference, at }]
  })
  return { ...input, form: value.kind === "list" ? "list" : "map", items }
}

const readReference = (node: Node, problems: Problems): WrittenReference | undefined => {
  const text = textOf(node)
  if (text === undefined || node.kind !== "scalar" || text === "") {
    problems.error(
      "wrong-kind",
      node,
      `an input takes \`stage.output\`, but this is ${describeNode(node)}`
    )
    return undefined
  }
  if (text.includes("${")) {
    problems.error(
      "interpolation",
      node,
      "wiring cannot be filled in: which stages feed which is the same at every point",
      "only values in `with`, `params`, `matrix` and `resources` can"
    )
    return undefined
  }
  const dot = text.indexOf(".")
  const [stage, port] = dot < 0 ? [text, undefined] : [text.slice(0, dot), text.slice(dot + 1)]
  return { text, stage, port, at: node }
}

interface Collect {
  readonly over: WrittenStage["over"]
  readonly inputs: ReadonlyArray<WrittenInput>
}

const readCollect = (stage: MapNode, problems: Problems): Collect => {
  const entry = stage.entries.get("collect")
  if (entry === undefined || isNull(entry.value)) return { over: [], inputs: [] }
  const { value } = entry
  const example = "write `collect: { over: axis, from: { port: stage.output } }`"
  if (value.kind !== "map") {
    problems.error(
      "wrong-kind",
      value,
      `\`collect\` must be a map, but it is ${describeNode(value)}`,
      example
    )
    return { over: [], inputs: [] }
  }
  for (const [word, { key }] of value.entries) {
    if (word !== "over" && word !== "from") {
      problems.error(
        "unknown-key",
        key,
        `\`collect\` has no ${quote(word)}`,
        suggestion(word, ["over", "from"], "its keys")
      )
    }
  }
  for (const word of ["over", "from"]) {
    if (!value.entries.has(word))
      problems.error("missing-key", entry.key, `\`collect\` needs \`${word}\``, example)
  }
  return { over: readOver(value, problems), inputs: readFrom(value, problems) }
}

const readOver = (collect: MapNode, problems: Problems): Collect["over"] => {
  const node = collect.entries.get("over")?.value
  if (node === undefined) return []
  const list = node.kind === "list" ? node.items : [node]
  return list.flatMap((item) => {
    const axis = textOf(item)
    if (axis !== undefined && axis !== "") return [{ axis, at: item }]
    problems.error(
      "wrong-kind",
      item,
      `\`over\` takes an axis or a list of axes, but this is ${describeNode(item)}`
    )
    return []
  })
}

const readFrom = (collect: MapNode, problems: Problems): Collect["inputs"] => {
  const node = collect.entries.get("from")?.value
  if (node === undefined) return []
  if (node.kind !== "map") {
    problems.error(
      "wrong-kind",
      node,
      `\`from\` must be a map from inputs to outputs, but it is ${describeNode(node)}`
    )
    return []
  }
  return [...node.entries].flatMap(([port, { key, value }]) => {
    const reference = readReference(value, problems)
    return [
      {
        port,
        key,
        value,
        form: "collect" as const,
        items:
          reference === undefined ? [] : [{ label: reference.text, reference, at: reference.at }]
      }
    ]
  })
}

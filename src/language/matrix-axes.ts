/** The axes of a matrix: their names, values and labels. */
import { canonicalJson, type Json } from "../base/json.ts"
import type { Interpolation } from "./interpolate.ts"
import { describeNode, type Entry, type MapNode, type Node, quote, textOf } from "./node.ts"
import type { Problems } from "./problems.ts"
import type { Span } from "./source.ts"

/** Keys of `matrix` that are no axes. */
export const reserved = new Set(["include", "exclude", "zip"])
const nameForm = /^[A-Za-z][A-Za-z0-9_-]*$/
/** Labels stand in the names of stage instances and of folders. */
const labelForm = /^[\p{L}\p{N}_+-][\p{L}\p{N}._+%@-]{0,59}$/u

/** The names of the axes, before anything is known of their values. */
export const axisNames = (matrix: MapNode): ReadonlyArray<string> =>
  [...matrix.entries.keys()].filter((name) => !reserved.has(name))

export interface AxisValue {
  readonly label: string
  readonly node: Node
  readonly json: Json
}

export interface Axis {
  readonly name: string
  readonly key: Span
  readonly values: ReadonlyArray<AxisValue>
  /** How many of the values span the product; those after it exist at included points only. */
  readonly own: number
}

export interface MatrixRequest {
  readonly values: Interpolation
  readonly problems: Problems
}

export interface Draft {
  readonly name: string
  readonly key: Span
  readonly form: "map" | "list"
  /** Without a label for values of a list. Grows by what `include` adds. */
  readonly values: Array<{ readonly label?: string; readonly node: Node; readonly json: Json }>
  /** How many of the values span the product; those after it exist at included points only. */
  readonly own: number
}

export const readAxis = (
  name: string,
  { key, value }: Entry,
  { values, problems }: MatrixRequest
): Draft | undefined => {
  if (!nameForm.test(name)) {
    problems.error(
      "bad-name",
      key,
      `${quote(name)} cannot be the name of an axis`,
      "a name starts with a letter, and letters, digits, `-` and `_` follow"
    )
    return undefined
  }
  if (value.kind === "scalar") {
    const whole = textOf(value)?.includes("${") === true
    problems.error(
      "wrong-kind",
      value,
      `the axis \`${name}\` needs a list of values or a map of labels and values, but it is ${describeNode(value)}`,
      whole
        ? "write the list here; its values can be `${params.…}`"
        : `for one value write \`[${value.text}]\``
    )
    return undefined
  }
  const evaluate = (node: Node) => values.evaluate(node, undefined, problems.error).json
  const found =
    value.kind === "list"
      ? value.items.map((node) => ({ node, json: evaluate(node) }))
      : [...value.entries].flatMap(([label, entry]) => {
          if (!labelForm.test(label)) {
            problems.error(
              "bad-name",
              entry.key,
              `${quote(label)} cannot be a label: labels stand in the names of results`,
              "use letters, digits, `.`, `_`, `-`, `+`, `%` and `@`"
            )
            return []
          }
          return [{ label, node: entry.value, json: evaluate(entry.value) }]
        })
  if (found.length === 0 && (value.kind === "list" || value.entries.size === 0)) {
    problems.error("empty-matrix", key, `the axis \`${name}\` has no values`)
    return undefined
  }
  return { name, key, form: value.kind, values: found, own: found.length }
}

/** Scalars are their own labels; where one is unfit for a name, all values of the axis are numbered. */
export const labelled = (values: Draft["values"]): ReadonlyArray<AxisValue> => {
  const texts = values.map(({ label, json }) => label ?? scalarLabel(json))
  const fit = texts.every((text) => text !== undefined)
  return values.map(({ node, json }, index) => ({
    node,
    json,
    label: (fit ? texts[index] : undefined) ?? String(index)
  }))
}

const scalarLabel = (json: Json): string | undefined => {
  if (typeof json === "object" && json !== null) return undefined
  const text = String(json)
  return labelForm.test(text) ? text : undefined
}

/**
 * A value stands on its axis once. On a zipped axis it may stand again, since there the values of all axes together make
 * the point; but two different values may have no label in common.
 *
 * @param zipped indices of the axes that advance together with others
 */
export const checkDistinct = (
  axes: ReadonlyArray<Axis>,
  zipped: ReadonlySet<number>,
  problems: Problems
) => {
  for (const [index, axis] of axes.entries()) {
    const seen = new Map<string, string>()
    for (const { json, label, node } of axis.values) {
      const text = canonicalJson(json)
      if (seen.has(label) && !(zipped.has(index) && seen.get(label) === text))
        problems.error(
          "duplicate-value",
          node,
          `the axis \`${axis.name}\` has the value ${quote(label)} twice`
        )
      seen.set(label, text)
    }
  }
}

/** For each value of an axis the index of the first that is equal to it. */
export const firstEqual = (axis: Axis): ReadonlyArray<number> => {
  const first = new Map<string, number>()
  return axis.values.map(({ label }, index) => {
    const known = first.get(label)
    if (known === undefined) first.set(label, index)
    return known ?? index
  })
}

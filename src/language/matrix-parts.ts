/** `zip`, `exclude` and `include`: which points of a matrix there are. */
import { canonicalJson, type Json } from "../base/json.ts"
import { type Axis, axisNames, type Draft, labelled, type MatrixRequest } from "./matrix-axes.ts"
import { describeNode, isNull, type ListNode, type MapNode, type Node, quote } from "./node.ts"
import type { Problems } from "./problems.ts"
import type { Span } from "./source.ts"
import { suggestion } from "./suggestion.ts"

const listOf = (matrix: MapNode, name: string, problems: Problems): ReadonlyArray<Node> => {
  const value = matrix.entries.get(name)?.value
  if (value === undefined || isNull(value)) return []
  if (value.kind === "list") return value.items
  problems.error(
    "wrong-kind",
    value,
    `\`${name}\` must be a list, but it is ${describeNode(value)}`,
    name === "zip" ? "write `zip: [[first, second]]`" : `write \`${name}: [{ axis: value }]\``
  )
  return []
}

/** Groups of axes, as indices, that advance together; an axis outside `zip` is a group of one. */
export const zipGroups = (
  matrix: MapNode,
  axes: ReadonlyArray<Axis>,
  problems: Problems
): ReadonlyArray<ReadonlyArray<number>> => {
  const declared = new Set(axisNames(matrix))
  const group = new Map<number, ReadonlyArray<number>>()
  for (const item of listOf(matrix, "zip", problems)) {
    if (item.kind !== "list" || item.items.length < 2) {
      problems.error(
        "wrong-kind",
        item,
        "an item of `zip` is a list of two or more axes",
        "write `zip: [[first, second]]`"
      )
      continue
    }
    const members: Array<number> = []
    for (const one of item.items) {
      const index = axisIndex(one, axes, declared, problems)
      if (index === undefined) continue
      if (group.has(index) || members.includes(index))
        problems.error("duplicate-value", one, `the axis \`${axes[index]?.name}\` is zipped twice`)
      else members.push(index)
    }
    checkLengths(item, members, axes, problems)
    for (const member of members) group.set(member, members)
  }
  return axes.flatMap((_, index) => {
    const members = group.get(index) ?? [index]
    return members.some((member) => member < index) ? [] : [members]
  })
}

const checkLengths = (
  item: ListNode,
  members: ReadonlyArray<number>,
  axes: ReadonlyArray<Axis>,
  problems: Problems
) => {
  const lengths = members.map((member) => axes[member]?.own ?? 0)
  if (lengths.every((length) => length === lengths[0])) return
  const counts = members.map((member, at) => `\`${axes[member]?.name}\` has ${lengths[at]}`)
  problems.error("zip-length", item, `zipped axes need equally many values: ${counts.join(", ")}`)
}

const axisIndex = (
  node: Node,
  axes: ReadonlyArray<Axis>,
  declared: ReadonlySet<string>,
  problems: Problems
): number | undefined => {
  const name = node.kind === "scalar" ? node.text : ""
  const index = axes.findIndex((axis) => axis.name === name)
  if (index >= 0) return index
  unknownAxis(name, node, declared, problems)
  return undefined
}

/** An axis that is declared, but wrongly, is reported already. */
export const unknownAxis = (
  name: string,
  at: Span,
  declared: ReadonlySet<string>,
  problems: Problems
) => {
  if (declared.has(name)) return
  problems.error(
    "unknown-axis",
    at,
    `the matrix has no axis ${quote(name)}`,
    suggestion(name, [...declared], "its axes")
  )
}

/** A partial point: axis → index of its value. */
type Part = ReadonlyMap<number, number>

/** Parts that name the same axes are found together, so that many of them cost no more than one. */
export const excluding = (parts: ReadonlyArray<Part>) => {
  const groups = new Map<
    string,
    { readonly axes: ReadonlyArray<number>; readonly keys: Set<string> }
  >()
  for (const part of parts) {
    const axes = [...part.keys()].toSorted((a, b) => a - b)
    const group = groups.get(axes.join()) ?? { axes, keys: new Set() }
    group.keys.add(axes.map((axis) => part.get(axis)).join())
    groups.set(axes.join(), group)
  }
  return {
    groupCount: groups.size,
    excludes: (point: ReadonlyArray<number>) => {
      for (const { axes, keys } of groups.values()) {
        if (keys.has(axes.map((axis) => point[axis]).join())) return true
      }
      return false
    }
  }
}

export const excludedPoints = (
  matrix: MapNode,
  axes: ReadonlyArray<Axis>,
  request: MatrixRequest
): ReadonlyArray<Part> => {
  const lookups = axes.map((axis) => lookupOf(axis.values))
  const declared = new Set(axisNames(matrix))
  return listOf(matrix, "exclude", request.problems).flatMap((item) => {
    if (item.kind !== "map" || item.entries.size === 0) {
      request.problems.error(
        "wrong-kind",
        item,
        `an item of \`exclude\` is a map from axes to values, but this is ${item.kind === "map" ? "empty" : describeNode(item)}`
      )
      return []
    }
    const part = new Map<number, number>()
    for (const [name, entry] of item.entries) {
      const index = axes.findIndex((axis) => axis.name === name)
      const axis = axes[index]
      if (axis === undefined) {
        unknownAxis(name, entry.key, declared, request.problems)
        return []
      }
      const value = valueIndex(lookups[index] ?? new Map(), entry.value, request)
      if (value === undefined) {
        unknownValue(axis, entry.value, request.problems)
        return []
      }
      part.set(index, value)
    }
    return [part]
  })
}

const unknownValue = (axis: Axis, node: Node, problems: Problems) => {
  const text = node.kind === "scalar" ? node.text : ""
  problems.error(
    "unknown-value",
    node,
    `the axis \`${axis.name}\` has no value ${text === "" ? "like this" : quote(text)}`,
    suggestion(
      text,
      axis.values.map(({ label }) => label),
      "its values"
    )
  )
}

/** Finds the index of a value by its label or its JSON: of equal values, which a zipped axis may have, the first. */
type Lookup = Map<string, number>

const lookupOf = (all: ReadonlyArray<{ readonly label?: string; readonly json: Json }>): Lookup => {
  const found: Lookup = new Map()
  // Labels last: what looks like a label is one.
  for (const [index, { json }] of [...all.entries()].toReversed())
    found.set(`value ${canonicalJson(json)}`, index)
  for (const [index, { label }] of [...all.entries()].toReversed()) {
    if (label !== undefined) found.set(`label ${label}`, index)
  }
  return found
}

const valueIndex = (
  lookup: Lookup,
  node: Node,
  { values, problems }: MatrixRequest
): number | undefined => {
  const byLabel = node.kind === "scalar" ? lookup.get(`label ${node.text}`) : undefined
  if (byLabel !== undefined) return byLabel
  const value = values.evaluate(node, undefined, problems.error)
  return lookup.get(`value ${canonicalJson(value.json)}`)
}

/** The full points of `include`; a value that a list axis does not have is added to it. */
export const includedPoints = (
  matrix: MapNode,
  drafts: ReadonlyArray<Draft>,
  request: MatrixRequest
): ReadonlyArray<ReadonlyArray<number>> => {
  const lookups = drafts.map((draft) => lookupOf(draft.values))
  const declared = new Set(axisNames(matrix))
  return listOf(matrix, "include", request.problems).flatMap((item) => {
    const { problems, values } = request
    if (item.kind !== "map") {
      problems.error(
        "wrong-kind",
        item,
        `an item of \`include\` is a map from axes to values, but this is ${describeNode(item)}`
      )
      return []
    }
    for (const [name, entry] of item.entries) {
      if (!drafts.some((draft) => draft.name === name))
        unknownAxis(name, entry.key, declared, problems)
    }
    const absent = drafts.filter((draft) => !item.entries.has(draft.name))
    if (absent.length > 0) {
      problems.error(
        "incomplete-point",
        item,
        `an included point gives every axis a value, and here ${absent.map(({ name }) => `\`${name}\``).join(", ")} ${absent.length === 1 ? "is" : "are"} missing`
      )
      return []
    }
    const found = drafts.flatMap((draft, at) => {
      const node = item.entries.get(draft.name)?.value
      const lookup = lookups[at]
      if (node === undefined || lookup === undefined) return []
      const index = valueIndex(lookup, node, request)
      if (index === undefined && draft.form === "map") {
        unknownValue({ ...draft, values: labelled(draft.values) }, node, problems)
        return []
      }
      return [{ draft, node, lookup, index }]
    })
    if (found.length < drafts.length) return []
    const point = found.map(({ draft, node, lookup, index }) => {
      if (index !== undefined) return index
      const { json } = values.evaluate(node, undefined, problems.error)
      lookup.set(`value ${canonicalJson(json)}`, draft.values.length)
      return draft.values.push({ node, json }) - 1
    })
    return [point]
  })
}

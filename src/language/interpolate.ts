/**
 * Values with their `${…}` filled in.
 *
 * Parameters may refer to parameters, axis values to parameters, everything else to both. What does not depend on the
 * matrix is evaluated once; results share structure, and their written-out size is bounded.
 */
import type { Json } from "../base/json.ts"
import { nearest } from "../base/nearest.ts"
import { describeScalar, type Entry, type MapNode, type Node, type ScalarNode } from "./node.ts"
import type { Problems } from "./problems.ts"
import { placeOf, type Span } from "./source.ts"
import { type Reference, templateOf } from "./template.ts"

/** The value of each axis at one point of the matrix. */
export type Point = (axis: string) => Node | undefined

export interface Value {
  readonly json: Json
  /** Values and characters, written out. */
  readonly size: number
  /** Depends on the point. */
  readonly varies: boolean
  /** Everything in it could be filled in; what could not has been reported. */
  readonly complete: boolean
}

export type Report = (code: string, at: Span, message: string, hint?: string) => void

/** Where a value is used, and where it comes from when that is another place. */
export interface Located {
  /** The value's node, or the deepest map or list on the way to it. */
  readonly node: Node
  readonly found: boolean
  /** The key that holds it. */
  readonly key: Span | undefined
  /** The `${…}` through which the path led, if any: point here, and at `node` in the hint. */
  readonly use: ScalarNode | undefined
}

export interface Interpolation {
  readonly evaluate: (node: Node, point: Point | undefined, report: Report) => Value
  /** Follows a path into a value, through references. */
  readonly locate: (
    node: Node,
    path: ReadonlyArray<PropertyKey>,
    point: Point | undefined
  ) => Located
  /** The axes that a value refers to; unknown names are reported. */
  readonly axesOf: (node: Node) => ReadonlySet<string>
  readonly usedParams: ReadonlySet<string>
  readonly usedAxes: ReadonlySet<string>
}

const maxSize = 1_000_000
const maxDepth = 64
const maxReferences = 200

export interface Scope {
  readonly params: MapNode
  readonly axes: ReadonlyArray<string>
  readonly problems: Problems
}

export const interpolation = ({ params, axes, problems }: Scope): Interpolation => {
  const axisNames = new Set(axes)
  const usedParams = new Set<string>()
  const usedAxes = new Set<string>()
  const constants = new WeakMap<Node, Value>()
  const axisSets = new WeakMap<Node, ReadonlySet<string>>()
  /** The references that are being followed; one that is met again leads in a circle. */
  const open = new Set<ScalarNode>()
  const broken: Value = { json: null, size: 1, varies: false, complete: false }

  const evaluate = (node: Node, point: Point | undefined, report: Report, depth = 0): Value => {
    const known = constants.get(node)
    if (known !== undefined) return known
    const value = compute(node, point, report, depth)
    if (!value.varies) constants.set(node, value)
    return value
  }

  const compute = (node: Node, point: Point | undefined, report: Report, depth: number): Value => {
    if (depth > maxDepth) {
      problems.error("too-deep", node, `this value is nested more than ${maxDepth} levels deep`)
      return broken
    }
    if (node.kind === "scalar") return scalar(node, point, report, depth)
    let [size, varies, complete] = [1, false, true]
    const add = (value: Value) => {
      size += value.size
      varies ||= value.varies
      complete &&= value.complete
      return value.json
    }
    const json =
      node.kind === "list"
        ? node.items.map((item) => add(evaluate(item, point, report, depth + 1)))
        : Object.fromEntries(
            [...node.entries].map(([name, entry]) => [
              name,
              add(evaluate(entry.value, point, report, depth + 1))
            ])
          )
    return bounded(node, { json, size, varies, complete })
  }

  const bounded = (node: Node, value: Value): Value => {
    if (value.size <= maxSize) return value
    problems.error(
      "too-large",
      node,
      "written out, this value is too large to be a parameter",
      "references that repeat references multiply"
    )
    return { ...broken, varies: value.varies }
  }

  const scalar = (
    node: ScalarNode,
    point: Point | undefined,
    report: Report,
    depth: number
  ): Value => {
    if (node.faulty === true) return broken
    const template = templateOf(node, problems)
    if (template === undefined) {
      const size = typeof node.value === "string" ? 1 + node.value.length : 1
      return { json: node.value, size, varies: false, complete: true }
    }
    if (template.broken) return broken
    if (open.has(node) || open.size >= maxReferences) {
      reportCircle(node)
      return broken
    }
    open.add(node)
    try {
      return template.whole === undefined
        ? text(node, template.parts, point, report, depth)
        : refer(template.whole, point, report, depth)
    } finally {
      open.delete(node)
    }
  }

  const reportCircle = (node: ScalarNode) => {
    const circle = [...open].slice([...open].indexOf(node))
    const names = [...circle, node].map((scalarNode) => scalarNode.text)
    const message = open.has(node)
      ? `this value refers to itself: ${names.join(" -> ")}`
      : `references lead on to references more than ${maxReferences} times`
    // Reported at the first of the circle, so that each circle is reported once.
    const [first] = circle.toSorted(
      (a, b) =>
        (a.source.path < b.source.path ? -1 : a.source.path > b.source.path ? 1 : 0) ||
        a.start - b.start
    )
    problems.error("reference-cycle", first ?? node, message)
  }

  const text = (
    node: ScalarNode,
    parts: ReadonlyArray<string | Reference>,
    point: Point | undefined,
    report: Report,
    depth: number
  ): Value => {
    let [filled, varies, complete] = ["", false, true]
    for (const part of parts) {
      if (typeof part === "string") {
        filled += part
        continue
      }
      const value = refer(part, point, report, depth)
      varies ||= value.varies
      complete &&= value.complete
      if (!value.complete) continue
      const { json } = value
      if (json === null || typeof json === "object") {
        const what = json === null ? "empty" : Array.isArray(json) ? "a list" : "a map"
        const tell: Report = value.varies ? report : problems.error
        tell(
          "interpolation",
          part.at,
          `\`${part.text}\` is ${what}, which cannot stand inside text`,
          "only text, numbers, `true` and `false` can"
        )
        complete = false
      } else {
        filled += String(json)
      }
      if (filled.length > maxSize) return bounded(node, { ...broken, varies, size: maxSize + 1 })
    }
    return { json: filled, size: 1 + filled.length, varies, complete }
  }

  const refer = (
    reference: Reference,
    point: Point | undefined,
    report: Report,
    depth: number
  ): Value => {
    const varies = reference.path[0] === "matrix"
    const target = resolve(reference, point, varies ? report : problems.error)
    if (target === undefined) return { ...broken, varies }
    const value = evaluate(target, point, report, depth)
    return varies && !value.varies ? { ...value, varies } : value
  }

  const resolve = (
    reference: Reference,
    point: Point | undefined,
    report: Report
  ): Node | undefined => {
    const [root, name = "", ...rest] = reference.path
    const start =
      root === "matrix" ? axisValue(reference, name, point) : paramValue(reference, name)
    if (start === undefined) return undefined
    let [node, way] = [start, `${root}.${name}`]
    for (const step of rest) {
      const target = follow(node, point, 0)
      if (target === undefined) return undefined
      const below: Entry | undefined = target.kind === "map" ? target.entries.get(step) : undefined
      if (below === undefined) {
        missingStep(reference, target, way, step, report)
        return undefined
      }
      ;[node, way] = [below.value, `${way}.${step}`]
    }
    return node
  }

  const missingStep = (
    reference: Reference,
    target: Node,
    way: string,
    step: string,
    report: Report
  ) => {
    if (target.kind === "map") {
      const names = [...target.entries.keys()]
      const near = nearest(step, names)
      const hint =
        near === undefined
          ? `it has ${names.map((name) => `\`${name}\``).join(", ")}`
          : `did you mean \`\${${way}.${near}}\`?`
      report(
        "missing-value",
        reference.at,
        `\`${way}\` has no \`${step}\``,
        names.length === 0 ? undefined : hint
      )
    } else {
      const what = target.kind === "list" ? "a list" : describeScalar(target.value)
      report("missing-value", reference.at, `\`${way}\` is ${what}: it has no \`${step}\``)
    }
  }

  const paramValue = (reference: Reference, name: string): Node | undefined => {
    if (!exists(reference, false)) return undefined
    return params.entries.get(name)?.value
  }

  const axisValue = (
    reference: Reference,
    name: string,
    point: Point | undefined
  ): Node | undefined => {
    if (!exists(reference, point !== undefined)) return undefined
    return point?.(name)
  }

  /** Whether a reference's first two names are there; counts them as used. */
  const exists = (reference: Reference, withMatrix: boolean): boolean => {
    const [root = "", name] = reference.path
    if (root !== "params" && root !== "matrix") {
      const all = [
        ...[...params.entries.keys()].map((key) => `params.${key}`),
        ...axes.map((axis) => `matrix.${axis}`)
      ]
      const known =
        all.find((full) => full.endsWith(`.${root}`)) ?? nearest(reference.path.join("."), all)
      const rest = known?.endsWith(`.${root}`) === true ? reference.path.slice(1) : []
      problems.error(
        "missing-value",
        reference.at,
        `\`${reference.text}\` does not say where the value is: a name starts with \`params.\` or \`matrix.\``,
        known === undefined ? undefined : `did you mean \`\${${[known, ...rest].join(".")}}\`?`
      )
      if (known !== undefined) use(known)
      return false
    }
    if (name === undefined) {
      problems.error(
        "missing-value",
        reference.at,
        `\`${reference.text}\` needs a name, such as \`\${${root}.${root === "params" ? "seed" : "axis"}}\``
      )
      return false
    }
    if (root === "matrix" && !withMatrix) {
      problems.error(
        "missing-value",
        reference.at,
        `\`${reference.text}\` has no value here: parameters and axis values are the same at every point of the matrix`,
        "use `${matrix.…}` in a stage's `with`"
      )
      use(`matrix.${name}`)
      return false
    }
    if (root === "params" ? params.entries.has(name) : axisNames.has(name)) {
      use(`${root}.${name}`)
      return true
    }
    const names = root === "params" ? [...params.entries.keys()] : axes
    const near = nearest(name, names)
    const elsewhere =
      root === "params"
        ? axes.includes(name) && `matrix.${name}`
        : params.entries.has(name) && `params.${name}`
    // What was probably meant is not also called unused.
    if (near !== undefined) use(`${root}.${near}`)
    if (elsewhere !== false) use(elsewhere)
    const meant =
      elsewhere !== false ? elsewhere : near === undefined ? undefined : `${root}.${near}`
    const what = root === "params" ? "parameter" : "axis"
    problems.error(
      "missing-value",
      reference.at,
      `there is no ${what} \`${name}\``,
      meant !== undefined
        ? `did you mean \`\${${meant}}\`?`
        : names.length === 0
          ? `the pipeline has no \`${root}:\``
          : `there are ${names
              .slice(0, 12)
              .map((one) => `\`${one}\``)
              .join(", ")}`
    )
    return false
  }

  const use = (full: string) => {
    const dot = full.indexOf(".")
    ;(full.startsWith("params.") ? usedParams : usedAxes).add(full.slice(dot + 1))
  }

  /** The node that a whole reference stands for; the node itself when it is none. */
  const follow = (node: Node, point: Point | undefined, steps: number): Node | undefined => {
    if (node.kind !== "scalar") return node
    const whole = templateOf(node, problems)?.whole
    if (whole === undefined) return node
    if (steps > maxReferences || open.has(node)) {
      reportCircle(node)
      return undefined
    }
    open.add(node)
    try {
      const target = resolve(whole, point, ignore)
      return target === undefined ? undefined : follow(target, point, steps + 1)
    } finally {
      open.delete(node)
    }
  }

  const locate = (
    start: Node,
    path: ReadonlyArray<PropertyKey>,
    point: Point | undefined
  ): Located => {
    let [node, use, key]: [Node, ScalarNode | undefined, Span | undefined] = [
      start,
      undefined,
      undefined
    ]
    const settle = () => {
      if (node.kind !== "scalar") return
      const target = follow(node, point, 0)
      if (target === undefined || target === node) return
      use ??= node
      node = target
    }
    settle()
    for (const step of path) {
      const entry: Entry | undefined =
        node.kind === "map" ? node.entries.get(String(step)) : undefined
      const item = node.kind === "list" ? node.items[Number(step)] : undefined
      const next = entry?.value ?? item
      if (next === undefined) return { node, found: false, key, use }
      key = entry?.key
      node = next
      settle()
    }
    return { node, found: true, key, use }
  }

  const axesOf = (node: Node): ReadonlySet<string> => {
    const known = axisSets.get(node)
    if (known !== undefined) return known
    const found = new Set<string>()
    if (node.kind === "scalar") {
      for (const part of templateOf(node, problems)?.parts ?? []) {
        if (typeof part === "string" || !exists(part, true)) continue
        if (part.path[0] === "matrix" && part.path[1] !== undefined) found.add(part.path[1])
      }
    } else {
      const below =
        node.kind === "list" ? node.items : [...node.entries.values()].map((entry) => entry.value)
      for (const child of below) for (const axis of axesOf(child)) found.add(axis)
    }
    axisSets.set(node, found)
    return found
  }

  return { evaluate, locate, axesOf, usedParams, usedAxes }
}

const ignore: Report = () => undefined

/** Where a value that is used through a reference comes from, for a hint. */
export const originHint = ({ node, use }: Located): string | undefined =>
  use === undefined ? undefined : `\`${use.text}\` comes from ${placeOf(node)}`

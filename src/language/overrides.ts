/** What the command line changes in a pipeline: `--params FILE`, then `--set a.b=value`. */
import { resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import { mergeMaps, withValueAt } from "./merge.ts"
import { describeNode, emptyMap, type MapNode, type Node, quote } from "./node.ts"
import { parseYaml } from "./parse-yaml.ts"
import { fileFault } from "./permission.ts"
import type { Problems } from "./problems.ts"
import { readYamlFile, shownPath } from "./read-file.ts"
import { suggestion } from "./suggestion.ts"
import { paramsPath, setPath, type Source, type Span } from "./source.ts"

export interface OverrideRequest {
  readonly cwd: string
  readonly set: ReadonlyArray<string>
  readonly paramsFiles: ReadonlyArray<string>
  readonly problems: Problems
}

export interface Overridden {
  readonly pipeline: MapNode
  readonly sources: ReadonlyArray<Source>
}

export const applyOverrides = (pipeline: MapNode, request: OverrideRequest): Overridden => {
  const files = applyParamsFiles(pipeline, request)
  const set = applySet(files.pipeline, request)
  return { pipeline: set.pipeline, sources: [...set.sources, ...files.sources] }
}

/** Values are nested no deeper. */
const maxPath = 64

/** The sections that a `--set` path can start with. */
const settable = ["params", "stages", "matrix", "name", "description"]

const mapAt = (map: MapNode, name: string): MapNode | undefined => {
  const value = map.entries.get(name)?.value
  return value?.kind === "map" ? value : undefined
}

const applyParamsFiles = (
  pipeline: MapNode,
  { cwd, paramsFiles, problems }: OverrideRequest
): Overridden => {
  if (paramsFiles.length === 0) return { pipeline, sources: [] }
  const typed: Source = { path: paramsPath, shown: paramsPath, text: paramsFiles.join("\n") }
  const sources: Array<Source> = [typed]
  let [changed, offset] = [pipeline, 0]
  for (const file of paramsFiles) {
    const at: Span = { source: typed, start: offset, end: offset + file.length }
    offset += file.length + 1
    const path = resolve(cwd, file)
    const fault = fileFault(path, file, undefined)
    if (fault !== undefined) {
      problems.error(fault.code, at, fault.message, fault.hint)
      continue
    }
    let read
    try {
      read = readYamlFile(path, cwd, problems)
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause
      problems.error("unreadable-file", at, cause.message, cause.hint)
      continue
    }
    sources.push(read.source)
    if (read.root === undefined) continue
    if (read.root.kind !== "map") {
      problems.error(
        "wrong-kind",
        read.root,
        `${shownPath(path, cwd)} must hold a map of parameters, but it holds ${describeNode(read.root)}`
      )
      continue
    }
    changed = mergeParams(changed, read.root, problems)
  }
  return { pipeline: changed, sources }
}

const mergeParams = (pipeline: MapNode, given: MapNode, problems: Problems): MapNode => {
  const params = mapAt(pipeline, "params") ?? emptyMap(given.source)
  const known = new Map(
    [...given.entries].filter(([name, entry]) => {
      if (params.entries.has(name)) return true
      unknownParam(name, entry.key, [...params.entries.keys()], problems)
      return false
    })
  )
  const value = mergeMaps(params, { ...given, entries: known }, false)
  const key = pipeline.entries.get("params")?.key ?? given
  return { ...pipeline, entries: new Map(pipeline.entries).set("params", { key, value }) }
}

const unknownParam = (name: string, at: Span, known: ReadonlyArray<string>, problems: Problems) => {
  problems.error(
    "unknown-param",
    at,
    `the pipeline has no parameter ${quote(name)}`,
    suggestion(name, known, "its parameters")
  )
}

const applySet = (pipeline: MapNode, { set, problems }: OverrideRequest): Overridden => {
  if (set.length === 0) return { pipeline, sources: [] }
  const source: Source = { path: setPath, shown: setPath, text: set.join("\n") }
  let [changed, offset] = [pipeline, 0]
  for (const text of set) {
    changed = setOne(changed, { source, text, offset, problems })
    offset += text.length + 1
  }
  return { pipeline: changed, sources: [source] }
}

interface Assignment {
  readonly source: Source
  readonly text: string
  readonly offset: number
  readonly problems: Problems
}

const setOne = (pipeline: MapNode, { source, text, offset, problems }: Assignment): MapNode => {
  const equals = text.indexOf("=")
  const span = (start: number, end: number): Span => ({
    source,
    start: offset + start,
    end: offset + end
  })
  if (equals <= 0) {
    problems.error(
      "set-syntax",
      span(0, text.length),
      "`--set` takes a path and a value",
      "write for example `--set params.epochs=2`"
    )
    return pipeline
  }
  const key = span(0, equals)
  const path = text.slice(0, equals).split(".")
  if (path.length > maxPath || path.includes("") || path.includes("__proto__")) {
    problems.error(
      "set-syntax",
      key,
      `${quote(text.slice(0, equals))} is not a path such as \`params.epochs\``
    )
    return pipeline
  }
  if (!checkPath(pipeline, path, key, problems)) return pipeline
  const before = problems.errorCount()
  const value: Node = parseYaml(source, problems, text.slice(equals + 1), offset + equals + 1) ?? {
    kind: "scalar",
    value: null,
    text: "",
    plain: true,
    ...span(equals, text.length)
  }
  return problems.errorCount() > before ? pipeline : withValueAt(pipeline, path, { key, value })
}

/** Whether the path leads to something that the pipeline has; reports if not. */
const checkPath = (
  pipeline: MapNode,
  path: ReadonlyArray<string>,
  key: Span,
  problems: Problems
): boolean => {
  const [section = "", name, ...rest] = path
  let start = key.start
  const part = (text: string): Span => ({ source: key.source, start, end: start + text.length })
  if (!settable.includes(section)) {
    const params = mapAt(pipeline, "params")
    const known = [
      ...settable,
      ...[...(params?.entries.keys() ?? [])].map((param) => `params.${param}`)
    ]
    const hint =
      params?.entries.has(section) === true
        ? `did you mean \`params.${path.join(".")}\`?`
        : suggestion(section, known, "a path starts with")
    problems.error(
      "unknown-path",
      part(section),
      `nothing in a pipeline is called ${quote(section)}`,
      hint
    )
    return false
  }
  if (section === "name" || section === "description") {
    if (name === undefined) return true
    problems.error("unknown-path", key, `\`${section}\` is text: there is nothing below it`)
    return false
  }
  if (name === undefined) return true
  start += section.length + 1
  const map = mapAt(pipeline, section)
  const names = [...(map?.entries.keys() ?? [])]
  const entry = map?.entries.get(name)
  if (entry === undefined) {
    if (section === "params") unknownParam(name, part(name), names, problems)
    else if (section === "matrix" && ["include", "exclude", "zip"].includes(name)) return true
    else {
      const what = section === "stages" ? "stage" : "axis"
      problems.error(
        `unknown-${what}`,
        part(name),
        `the pipeline has no ${what} ${quote(name)}`,
        suggestion(name, names, section === "stages" ? "its stages" : "its axes")
      )
    }
    return false
  }
  start += name.length + 1
  return checkRest(
    entry.value,
    rest,
    section === "params",
    part,
    (length) => (start += length + 1),
    path,
    problems
  )
}

const checkRest = (
  top: Node,
  rest: ReadonlyArray<string>,
  mustExist: boolean,
  part: (text: string) => Span,
  advance: (length: number) => void,
  path: ReadonlyArray<string>,
  problems: Problems
): boolean => {
  let node: Node | undefined = top
  for (const [index, name] of rest.entries()) {
    const parent = path.slice(0, path.length - rest.length + index).join(".")
    if (node === undefined || (node.kind === "scalar" && node.value === null)) return true
    if (node.kind === "scalar") {
      problems.error(
        "unknown-path",
        part(name),
        `${quote(parent)} is ${describeNode(node)}: there is nothing below it`,
        `set the whole of it: \`--set '${parent}={${name}: …}'\``
      )
      return false
    }
    if (node.kind === "list") {
      if (!/^\d+$/.test(name) || Number(name) >= node.items.length) {
        problems.error(
          "unknown-path",
          part(name),
          `${quote(parent)} is a list of ${node.items.length}: it has no item ${quote(name)}`,
          "items are counted from 0"
        )
        return false
      }
      node = node.items[Number(name)]
    } else {
      const below: Node | undefined = node.entries.get(name)?.value
      if (below === undefined && mustExist) {
        problems.error(
          "unknown-param",
          part(name),
          `${quote(parent)} has no ${quote(name)}`,
          suggestion(name, [...node.entries.keys()], "it has")
        )
        return false
      }
      node = below
    }
    advance(name.length)
  }
  return true
}

/** A pipeline file with those that it `extends` and `include`s, as one map; every node still knows its file. */
import { dirname, resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import { mergeMaps } from "./merge.ts"
import { describeNode, emptyMap, type Entry, type MapNode, type Node, textOf } from "./node.ts"
import { fileFault, type Permission } from "./permission.ts"
import type { Problems } from "./problems.ts"
import { readYamlFile, shownPath } from "./read-file.ts"
import { placeOf, type Source, type Span, startOf } from "./source.ts"

export interface Loaded {
  /** `name` and `description` of the file itself; `params`, `matrix` and `stages` of all. */
  readonly pipeline: MapNode
  /** In the order of reading, the file itself first. */
  readonly sources: ReadonlyArray<Source>
  /** Some file is not YAML: nothing more can be said. */
  readonly broken: boolean
}

export interface LoadRequest {
  readonly cwd: string
  readonly permission: Permission
  readonly problems: Problems
}

/** Enough for any pipeline, and an end for a chain of files that a program wrote. */
const maxDepth = 50

const inherited = ["params", "matrix", "stages"] as const

/**
 * @param file absolute
 * @throws UserError when the file itself cannot be read
 */
export const loadPipeline = (file: string, { cwd, permission, problems }: LoadRequest): Loaded => {
  const fault = fileFault(file, shownPath(file, cwd), undefined)
  if (fault !== undefined) {
    throw new UserError(fault.message, fault.hint === undefined ? {} : { hint: fault.hint })
  }
  const sources: Array<Source> = []
  const done = new Map<string, MapNode>()
  let broken = false

  const load = (path: string, chain: ReadonlyArray<string>): MapNode => {
    const known = done.get(path)
    if (known !== undefined) return known
    const read = readYamlFile(path, cwd, problems)
    sources.push(read.source)
    broken ||= read.broken
    const own = rootOf(read.root, read.source, read.broken)
    const whole = withIncluded(withExtended(own, path, chain), own, path, chain)
    done.set(path, whole)
    return whole
  }

  const rootOf = (root: Node | undefined, source: Source, isBroken: boolean): MapNode => {
    if (root?.kind === "map") return root
    if (!isBroken) {
      const nothing = root === undefined || (root.kind === "scalar" && root.value === null)
      problems.error(
        "not-a-pipeline",
        root ?? startOf(source),
        nothing ? "this file is empty" : `a pipeline is a map, but this is ${describeNode(root)}`,
        "a pipeline has `stages:`, and below it a name, `uses:` and `with:` for each stage"
      )
    }
    return emptyMap(source)
  }

  const withExtended = (own: MapNode, path: string, chain: ReadonlyArray<string>): MapNode => {
    const parents = others(own, "extends", path, chain)
    const base = parents
      .map(heritage)
      .reduce<MapNode | undefined>(
        (under, over) => (under === undefined ? over : mergeMaps(under, over, true)),
        undefined
      )
    return base === undefined ? own : mergeMaps(base, own, true)
  }

  /** Names and descriptions say what one file is, and paths are relative to it: they are not handed down. */
  const heritage = (map: MapNode): MapNode => ({
    ...map,
    entries: new Map(
      inherited.flatMap((name) => {
        const entry = map.entries.get(name)
        return entry === undefined ? [] : [[name, entry] as const]
      })
    )
  })

  const withIncluded = (
    whole: MapNode,
    own: MapNode,
    path: string,
    chain: ReadonlyArray<string>
  ): MapNode => {
    const included = others(own, "include", path, chain)
    if (included.length === 0) return whole
    const entries = new Map(whole.entries)
    for (const section of inherited) {
      const sections = included.flatMap((map) => map.entries.get(section) ?? [])
      const ours = entries.get(section)
      const first = sections[0]
      if (first === undefined) continue
      if (ours !== undefined && ours.value.kind !== "map" && !isEmpty(ours.value)) continue
      entries.set(section, {
        key: ours?.key ?? first.key,
        value: combine(section, ours?.value, sections)
      })
    }
    return { ...whole, entries }
  }

  const isEmpty = (node: Node) => node.kind === "scalar" && node.value === null

  const combine = (
    section: (typeof inherited)[number],
    ours: Node | undefined,
    sections: ReadonlyArray<Entry>
  ): Node => {
    const own: ReadonlyMap<string, Entry> = ours?.kind === "map" ? ours.entries : new Map()
    // Stages of included files come first: they are what the file's own stages build on.
    const all = new Map<string, Entry>()
    for (const { value } of sections) {
      if (value.kind !== "map") {
        if (!isEmpty(value))
          problems.error(
            "wrong-kind",
            value,
            `\`${section}\` must be a map, but it is ${describeNode(value)}`
          )
        continue
      }
      for (const [name, entry] of value.entries) {
        const earlier = all.get(name)
        // A file that comes by two ways is the same entry; what the file itself gives wins over includes.
        if (earlier === undefined) all.set(name, entry)
        else if (earlier !== entry && (section === "stages" || !own.has(name)))
          twice(section, name, earlier, entry)
      }
    }
    for (const [name, entry] of own) {
      const earlier = all.get(name)
      if (section === "stages" && earlier !== undefined && earlier !== entry)
        twice(section, name, earlier, entry)
      else all.set(name, entry)
    }
    const at: Span = ours ?? sections[0]?.value ?? startOf(sources[0] as Source)
    return { source: at.source, start: at.start, end: at.end, kind: "map", entries: all }
  }

  const words = { stages: "the stage", params: "the parameter", matrix: "the axis" } as const

  const twice = (
    section: (typeof inherited)[number],
    name: string,
    earlier: Entry,
    later: Entry
  ) => {
    problems.error(
      "defined-twice",
      later.key,
      `${words[section]} \`${name}\` is also defined at ${placeOf(earlier.key)}`,
      section === "stages"
        ? "rename one of them; to change a stage of another file, use `extends` in place of `include`"
        : `define \`${name}\` in the file that includes both, to say which is meant`
    )
  }

  /** The files that a key of a file names, loaded. */
  const others = (
    own: MapNode,
    name: "extends" | "include",
    path: string,
    chain: ReadonlyArray<string>
  ): ReadonlyArray<MapNode> => {
    const value = own.entries.get(name)?.value
    if (value === undefined || isEmpty(value)) return []
    const list = value.kind === "list" ? value.items : [value]
    const here = [...chain, path]
    return list.flatMap((item) => {
      const written = textOf(item)
      if (written === undefined || written === "") {
        problems.error(
          "wrong-kind",
          item,
          `\`${name}\` takes a path or a list of paths, but this is ${describeNode(item)}`
        )
        return []
      }
      const other = resolve(dirname(path), written)
      const fault = fileFault(other, written, permission)
      if (fault !== undefined) {
        problems.error(fault.code, item, fault.message, fault.hint)
        return []
      }
      const at = here.indexOf(other)
      if (at >= 0) {
        const cycle = [...here.slice(at), other].map((step) => shownPath(step, cwd)).join(" -> ")
        problems.error("file-cycle", item, `these files need each other: ${cycle}`)
        return []
      }
      if (here.length >= maxDepth) {
        problems.error(
          "too-deep",
          item,
          `files build on each other more than ${maxDepth} levels deep`
        )
        return []
      }
      try {
        return [load(other, here)]
      } catch (cause) {
        if (!(cause instanceof UserError)) throw cause
        problems.error("unreadable-file", item, cause.message, cause.hint)
        return []
      }
    })
  }

  const pipeline = load(file, [])
  return { pipeline, sources, broken }
}

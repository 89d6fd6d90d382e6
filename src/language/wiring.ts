/** Looks up what stages use and what their inputs refer to: from names to a graph, in the order of dependencies. */
import { nearest } from "../base/nearest.ts"
import { UserError } from "../base/user-error.ts"
import { type Definition, type Definitions, type PortDefinition } from "./definitions.ts"
import { type MapNode, quote, type ScalarNode } from "./node.ts"
import { suggestion } from "./suggestion.ts"
import type { Problems } from "./problems.ts"
import type { WrittenInput, WrittenReference, WrittenStage } from "./read-stages.ts"
import type { StageRegistry } from "./registry.ts"
import type { Span } from "./source.ts"
import { usableStages } from "./usable-stages.ts"

export interface WiredStage {
  readonly written: WrittenStage
  readonly name: string
  /** Absent when the stage type is unknown or cannot be loaded; then nothing is said about its ports. */
  readonly definition: Definition | undefined
  readonly wires: ReadonlyArray<Wire>
}

export interface Wire {
  readonly port: PortDefinition
  readonly key: Span
  readonly collects: boolean
  readonly items: ReadonlyArray<WireItem>
}

export interface WireItem {
  readonly label: string
  readonly from: string
  /** Absent when the other stage's type is unknown. */
  readonly output: PortDefinition | undefined
  readonly text: string
  readonly at: ScalarNode
}

export interface Graph {
  /** Every stage comes after those that it reads. */
  readonly order: ReadonlyArray<WiredStage>
  readonly stages: ReadonlyMap<string, WiredStage>
}

/** What stages use, each once; unknown types are reported. */
export const knownUses = async (
  stages: ReadonlyArray<WrittenStage>,
  registry: StageRegistry,
  problems: Problems
): Promise<ReadonlyArray<string>> => {
  const known = new Set<string>()
  const unknown = new Map<string, string | undefined>()
  let usable: ReadonlyArray<string> | undefined
  for (const { uses } of stages) {
    if (uses === undefined) continue
    if (registry.entries.has(uses.text)) {
      known.add(uses.text)
      continue
    }
    usable ??= (await usableStages(registry)).map((entry) => entry.uses)
    if (!unknown.has(uses.text)) unknown.set(uses.text, nearestStage(uses.text, usable))
    const near = unknown.get(uses.text)
    problems.error(
      "unknown-stage",
      uses.at,
      `there is no stage type ${quote(uses.text)}`,
      near === undefined ? "`ablate stages` lists all" : `did you mean \`${near}\`?`
    )
  }
  return [...known]
}

/** The nearest name, or the one with the same last part: `add-noise` is seldom meant when `noise/add` exists, but `add` is. */
const nearestStage = (typed: string, all: ReadonlyArray<string>): string | undefined => {
  const near = nearest(typed, all)
  if (near !== undefined) return near
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1)
  return all.find((name) => last(name) === last(typed))
}

export interface WiringRequest {
  readonly stages: ReadonlyArray<WrittenStage>
  /** The whole pipeline: a stage whose name cannot be used is still there for those that refer to it. */
  readonly declared: MapNode
  readonly definitions: Definitions
  readonly problems: Problems
}

export const wire = ({ stages, declared, definitions, problems }: WiringRequest): Graph => {
  const section = declared.entries.get("stages")?.value
  const all = new Set(section?.kind === "map" ? section.entries.keys() : [])
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  const reported = new Set<string>()
  const definitionOf = (stage: WrittenStage): Definition | undefined => {
    if (stage.uses === undefined) return undefined
    const { at, text } = stage.uses
    const found = definitions.get(text)
    if (found === undefined) return undefined
    if (!(found instanceof UserError) && found.stage.internal !== true) return found
    if (!reported.has(text)) {
      if (found instanceof UserError) problems.error("stage-load", at, found.message, found.hint)
      else {
        problems.error(
          "internal-stage",
          at,
          `\`${text}\` is only a part of other stages, so a pipeline cannot use it`,
          "`ablate stages` lists those that it can use"
        )
      }
    }
    reported.add(text)
    return undefined
  }
  const found = new Map(stages.map((stage) => [stage.name, definitionOf(stage)]))
  const names = [...all]

  const resolve = (reference: WrittenReference): Omit<WireItem, "label"> | undefined => {
    const { stage, port, text, at } = reference
    const target = byName.get(stage)
    if (target === undefined) {
      if (!all.has(stage)) {
        const near = nearest(stage, names)
        problems.error(
          "unknown-reference",
          at,
          `there is no stage ${quote(stage)} in this pipeline`,
          near === undefined
            ? suggestion(stage, names, "its stages")
            : `did you mean \`${near}${port === undefined ? "" : `.${port}`}\`?`
        )
      }
      return undefined
    }
    const outputs = found.get(stage)?.outputs
    if (outputs === undefined) return { from: stage, output: undefined, text, at }
    if (port === undefined) {
      const [only, second] = outputs.values()
      if (only !== undefined && second === undefined) return { from: stage, output: only, text, at }
      problems.error(
        "unknown-port",
        at,
        only === undefined
          ? `\`${stage}\` has no outputs`
          : `\`${stage}\` has several outputs: say which one`,
        only === undefined
          ? undefined
          : `write ${[...outputs.keys()].map((name) => `\`${stage}.${name}\``).join(" or ")}`
      )
      return undefined
    }
    const output = outputs.get(port)
    if (output !== undefined) return { from: stage, output, text, at }
    const near = nearest(port, outputs.keys())
    problems.error(
      "unknown-port",
      at,
      `\`${stage}\` (${target.uses?.text ?? ""}) has no output ${quote(port)}`,
      near === undefined
        ? suggestion(port, [...outputs.keys()], "its outputs")
        : `did you mean \`${stage}.${near}\`?`
    )
    return undefined
  }

  const wireOne = (stage: WrittenStage, input: WrittenInput): Wire | undefined => {
    const definition = found.get(stage.name)
    const declared = definition?.inputs.get(input.port)
    if (declared?.fromParts === true) {
      problems.error(
        "parts-input",
        input.key,
        `the input \`${input.port}\` of \`${definition?.uses}\` is filled by the stage's own parts`,
        "remove this line"
      )
    }
    const port = declared?.fromParts === true ? undefined : declared
    if (definition !== undefined && declared === undefined) {
      const known = [...definition.inputs.values()].flatMap(({ fromParts, name }) =>
        fromParts ? [] : [name]
      )
      const isParam = Object.hasOwn(definition.stage.params.fields, input.port)
      const hint = isParam
        ? `\`${input.port}\` is a parameter: give it in \`with\``
        : known.length === 0
          ? "it takes no inputs"
          : suggestion(input.port, known, "its inputs")
      problems.error(
        "unknown-port",
        input.key,
        `\`${definition.uses}\` has no input ${quote(input.port)}`,
        hint
      )
    }
    if (port !== undefined && !port.many && input.form !== "one") {
      const what = input.form === "collect" ? "a `collect`" : `a ${input.form}`
      problems.error(
        "not-many",
        input.key,
        `the input \`${input.port}\` of \`${definition?.uses}\` takes one value, not ${what}`
      )
      return undefined
    }
    const labels = new Set<string>()
    const items = input.items.flatMap(({ label, reference, at }) => {
      if (labels.has(label)) {
        problems.error("duplicate-value", at, `${quote(label)} is wired to \`${input.port}\` twice`)
      }
      labels.add(label)
      const item = resolve(reference)
      return item === undefined ? [] : [{ label, ...item }]
    })
    // A port that is not known still counts as a dependency: cycles are cycles whatever the stages are.
    const unknown: PortDefinition = {
      name: input.port,
      type: { name: "File" },
      optional: true,
      many: true,
      fromParts: false
    }
    if (port === undefined)
      return definition === undefined
        ? {
            port: unknown,
            key: input.key,
            collects: input.form === "collect",
            items: items.map((item) => ({ ...item, output: undefined }))
          }
        : undefined
    return { port, key: input.key, collects: input.form === "collect", items }
  }

  const wired = stages.map((stage): WiredStage => {
    const definition = found.get(stage.name)
    const wires = stage.inputs.flatMap((input) => wireOne(stage, input) ?? [])
    return { written: stage, name: stage.name, definition, wires }
  })
  for (const [index, stage] of wired.entries()) checkMissing(stage, wired, index, problems)
  const graph = new Map(wired.map((stage) => [stage.name, stage]))
  return { order: sort(wired, graph, problems), stages: graph }
}

const checkMissing = (
  { written, definition, name }: WiredStage,
  all: ReadonlyArray<WiredStage>,
  index: number,
  problems: Problems
) => {
  if (definition === undefined || written.broken.inputs) return
  for (const port of definition.inputs.values()) {
    if (port.optional || port.fromParts || written.inputs.some((input) => input.port === port.name))
      continue
    // A misspelt input is one mistake, not two.
    const meant = written.inputs.some(
      (input) =>
        !definition.inputs.has(input.port) && nearest(input.port, [port.name]) !== undefined
    )
    if (meant) continue
    const fitting = fittingOutput(port, all, index)
    problems.error(
      "missing-input",
      written.inKey ?? written.key,
      `\`${name}\` needs the input \`${port.name}\`, ${article(port.type.name)} \`${port.type.name}\``,
      fitting === undefined
        ? `no stage before it gives \`${port.type.name}\``
        : `\`in: { ${port.name}: ${fitting} }\` would fit`
    )
  }
}

const article = (word: string) => (/^[AEIOU]/.test(word) ? "an" : "a")

/** The last output before this stage with the port's type. */
const fittingOutput = (
  port: PortDefinition,
  all: ReadonlyArray<WiredStage>,
  index: number
): string | undefined => {
  for (let at = index - 1; at >= 0; at--) {
    const stage = all[at]
    for (const output of stage?.definition?.outputs.values() ?? []) {
      if (output.type.name === port.type.name) return `${stage?.name}.${output.name}`
    }
  }
  return undefined
}

/** Depth first, without recursion: a chain may be ten thousand stages long. Each cycle is reported where it closes. */
const sort = (
  stages: ReadonlyArray<WiredStage>,
  graph: ReadonlyMap<string, WiredStage>,
  problems: Problems
): ReadonlyArray<WiredStage> => {
  const order: Array<WiredStage> = []
  const state = new Map<string, "open" | "done">()
  for (const root of stages) {
    if (state.has(root.name)) continue
    const path = [visit(root)]
    state.set(root.name, "open")
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.needs[top.next++]
      if (next === undefined) {
        state.set(top.stage.name, "done")
        order.push(top.stage)
        path.pop()
        continue
      }
      const target = graph.get(next.from)
      const seen = state.get(next.from)
      if (target === undefined || seen === "done") continue
      if (seen === "open") {
        const start = path.findIndex(({ stage }) => stage.name === next.from)
        const names = path.slice(start).map(({ stage }) => stage.name)
        reportCycle(names, next.at, problems)
        continue
      }
      state.set(target.name, "open")
      path.push(visit(target))
    }
  }
  return order
}

const visit = (stage: WiredStage) => ({
  stage,
  needs: stage.wires.flatMap(({ items }) => items),
  next: 0
})

const longestCycle = 12

/** `names` in the direction of needing: the first needs the second, the last needs the first. */
const reportCycle = (names: ReadonlyArray<string>, at: Span, problems: Problems) => {
  const flow = [names[0] ?? "", ...names.toReversed()]
  const shown =
    flow.length > longestCycle
      ? [...flow.slice(0, longestCycle / 2), "…", ...flow.slice(-longestCycle / 2)]
      : flow
  problems.error(
    "cycle",
    at,
    names.length === 1
      ? `\`${names[0]}\` reads its own output`
      : `these stages wait for each other: ${shown.join(" -> ")}`,
    names.length === 1 ? undefined : "the arrows show where values flow; remove one of these wires"
  )
}

/**
 * Stage instances with everything that is known of them: parameters decoded, types fitted, files found.
 *
 * The stages come in the order of their dependencies, so that the types of inputs are known when they are needed.
 */
import {
  type Mismatch,
  noBindings,
  printType,
  substitute,
  type TypeExpression,
  unify
} from "../values/type-expression.ts"
import type { Known } from "../stage.ts"
import type { Placed } from "./axes.ts"
import { checkParams, type Constant } from "./check-instance.ts"
import type { Tell } from "./check-params.ts"
import { copyBindings } from "./convert-hint.ts"
import type { Definition, Definitions } from "./definitions.ts"
import { type ExpandedParts, expandParts, maxParts, type PartsRequest } from "./expand-parts.ts"
import { inputReader, type InputSource, labelsOf } from "./inputs.ts"
import type { Interpolation, Point } from "./interpolate.ts"
import type { Matrix } from "./matrix.ts"
import type { StageInstance } from "./pipeline.ts"
import { type PointReport, pointReports } from "./point-reports.ts"
import type { Problems } from "./problems.ts"
import type { FileParams } from "./source-param.ts"
import { positionOf } from "./source.ts"
import type { WireItem, WiredStage } from "./wiring.ts"

export interface Expansion {
  readonly placed: ReadonlyMap<string, Placed>
  readonly matrix: Matrix
  readonly values: Interpolation
  readonly files: FileParams
  /** Also of the stage types that are parts of others. */
  readonly definitions: Definitions
  readonly problems: Problems
}

export interface Expanded {
  readonly instances: ReadonlyArray<StageInstance>
  readonly reports: ReadonlyArray<PointReport>
}

/** Wires of all instances together, and values and characters of all parameters together. */
const maxWires = 1_000_000
const maxParamsSize = 20_000_000

type OutputTypes = ReadonlyMap<string, TypeExpression>

export const expand = (expansion: Expansion): Expanded => {
  const { placed, matrix, values, files, definitions, problems } = expansion
  const instances: Array<StageInstance> = []
  const reports: Array<PointReport> = []
  const types = new Map<string, ReadonlyArray<OutputTypes | undefined>>()
  const budget = { wires: 0, size: 0, parts: 0 }
  for (const one of placed.values()) {
    const { stage, axes, projection } = one
    const { definition } = stage
    if (definition === undefined) continue
    const found = pointReports()
    const inputsAt = inputReader(one, placed, matrix)
    const constant: Constant = {}
    const outputs: Array<OutputTypes | undefined> = []
    for (const point of projection.points) {
      const labels = labelsOf(axes, point, matrix)
      const suffix = Object.entries(labels)
        .map(([axis, label]) => `${axis}=${label}`)
        .join(",")
      const { refs, sources } = inputsAt(point)
      budget.wires += sources.length
      if (isTooLarge(budget, stage, problems)) return { instances, reports }
      const tell: Tell = (code, at, message, hint) => found.add(labels, code, at, message, hint)
      const choose: Point = (axis) => {
        const index = axes.findIndex((one) => matrix.axes[one]?.name === axis)
        return matrix.axes[axes[index] ?? -1]?.values[point[index] ?? -1]?.node
      }
      const bindings = noBindings()
      const inputTypes = new Map<string, Array<TypeExpression>>()
      let [fits, allTyped] = [true, true]
      for (const { name, port, item, index } of sources) {
        const type = types.get(item.from)?.[index]?.get(item.output?.name ?? "")
        if (type === undefined) {
          allTyped = false
          continue
        }
        const typesAtPort = inputTypes.get(name)
        if (typesAtPort === undefined) inputTypes.set(name, [type])
        else typesAtPort.push(type)
        const before = copyBindings(bindings)
        const mismatch = unify(port, type, bindings)
        if (mismatch === undefined) continue
        fits = false
        found.add(
          labels,
          codeOf(mismatch),
          item.at,
          misfitMessage(stage, name, item, mismatch),
          undefined,
          { what: mismatch.what, expected: port, found: type, bindings: before }
        )
      }
      const checked = checkParams({
        stage,
        definition,
        values,
        files,
        choose,
        bindings,
        connected: connectedBy(definition, stage, sources),
        tell,
        problems,
        constant
      })
      const owner = {
        id: suffix === "" ? stage.name : `${stage.name}[${suffix}]`,
        stage: stage.name,
        point: labels,
        uses: definition.uses,
        params: checked.params ?? {},
        files: checked.files,
        inputs: refs,
        resources: checked.resources,
        position: positionOf(stage.written.key)
      }
      const { meaning } = checked
      const parts =
        definition.stage.parts !== undefined &&
        meaning !== undefined &&
        fits &&
        allTyped &&
        isWired(definition, refs)
          ? partsOf(
              { owner, definition, definitions, types: inputTypes, bindings, ...meaning },
              (message) => tell("stage-fault", stage.written.uses?.at ?? stage.written.key, message)
            )
          : undefined
      budget.size += checked.size + (parts?.size ?? 0)
      budget.wires += parts?.wires ?? 0
      budget.parts += parts?.instances.length ?? 0
      if (isTooLarge(budget, stage, problems)) return { instances, reports }
      const made = new Map(
        [...definition.outputs.values()].map(({ name, type }) => [
          name,
          fits ? substitute(type, bindings) : { name: type.name }
        ])
      )
      outputs.push(made)
      if (checked.params === undefined) continue
      for (const part of parts?.instances ?? []) instances.push(part)
      instances.push({
        ...owner,
        inputs: parts === undefined ? refs : { ...refs, ...parts.inputs },
        outputs: Object.fromEntries([...made].map(([name, type]) => [name, printType(type)]))
      })
    }
    types.set(stage.name, outputs)
    reports.push(...found.merged(projection.points.map((point) => labelsOf(axes, point, matrix))))
  }
  return { instances, reports }
}

interface Budget {
  readonly wires: number
  readonly size: number
  readonly parts: number
}

const isTooLarge = (
  { parts, size, wires }: Budget,
  { name, written }: WiredStage,
  problems: Problems
): boolean => {
  const [what, hint] =
    wires > maxWires
      ? [`the pipeline has more than ${maxWires} wires`, "gather fewer values at fewer points"]
      : size > maxParamsSize
        ? ["the parameters of all stage instances are too large"]
        : parts > maxParts
          ? [
              `the stages of the pipeline have more than ${maxParts} parts`,
              "use fewer points, or parameters that make fewer parts of a stage"
            ]
          : []
  if (what === undefined) return false
  problems.error("matrix-too-large", written.key, `with \`${name}\` ${what}`, hint)
  return true
}

/** Whether everything that it needs from outside is there; what is missing was reported. */
const isWired = (definition: Definition, refs: StageInstance["inputs"]): boolean =>
  [...definition.inputs.values()].every(
    ({ fromParts, name, optional }) => optional || fromParts || refs[name] !== undefined
  )

const partsOf = (
  request: PartsRequest,
  tell: (message: string) => void
): ExpandedParts | undefined => {
  const { uses } = request.definition
  try {
    return expandParts(request)
  } catch (cause) {
    tell(
      `the stage \`${uses}\` fails while its parts are made: ${cause instanceof Error ? cause.message : String(cause)}`
    )
    return undefined
  }
}

/** An input whose wire is broken counts as connected: that it is broken is told by itself. */
const connectedBy = (
  { inputs }: Definition,
  { wires }: WiredStage,
  sources: ReadonlyArray<InputSource>
): Known["connected"] => {
  const counts = Map.groupBy(sources, ({ name }) => name)
  return Object.fromEntries(
    [...inputs.values()].flatMap(({ fromParts, name }) => {
      if (fromParts) return []
      const least = wires.some(({ port }) => port.name === name) ? 1 : 0
      return [[name, Math.max(counts.get(name)?.length ?? 0, least)]]
    })
  )
}

const codeOf = (mismatch: Mismatch): string => `wrong-${mismatch.what.replaceAll(" ", "-")}`

const misfitMessage = (
  { name }: WiredStage,
  port: string,
  { text }: WireItem,
  mismatch: Mismatch
): string => {
  const difference = mismatch.what === "type" ? "" : `: the ${mismatch.what} differs`
  return `the input \`${port}\` of \`${name}\` expects \`${mismatch.expected}\`, but \`${text}\` is \`${mismatch.found}\`${difference}`
}

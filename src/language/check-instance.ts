/** The parameters of one stage instance: decoded, in the stage's own view, with files found and resources read. */
import type { Json, JsonObject } from "../base/json.ts"
import type { Known } from "../stage.ts"
import type { Bindings } from "../values/type-expression.ts"
import {
  type Decoded,
  decodeParams,
  joinHints,
  locateParam,
  stageFault,
  type Tell
} from "./check-params.ts"
import type { Definition } from "./definitions.ts"
import { type Interpolation, originHint, type Point, type Value } from "./interpolate.ts"
import type { Resources, StageInstance } from "./pipeline.ts"
import type { Problems } from "./problems.ts"
import { readResources } from "./resources.ts"
import type { FileParams } from "./source-param.ts"
import { isCommandLine } from "./source.ts"
import type { WiredStage } from "./wiring.ts"

/** What is the same at all points of a stage, once it is known. */
export interface Constant {
  value?: Value
  decoded?: Decoded | undefined
}

export interface ParamsCheck {
  readonly stage: WiredStage
  readonly definition: Definition
  readonly values: Interpolation
  readonly files: FileParams
  readonly choose: Point
  readonly bindings: Bindings
  /** How many values each input gets. */
  readonly connected: Known["connected"]
  readonly tell: Tell
  readonly problems: Problems
  readonly constant: Constant
}

export interface CheckedParams {
  readonly params: JsonObject | undefined
  readonly files: StageInstance["files"]
  readonly resources: Resources
  readonly size: number
  /** What the stage's functions get; absent when something is wrong. */
  readonly meaning?: { readonly params: Decoded["params"]; readonly known: Known }
}

export const checkParams = (check: ParamsCheck): CheckedParams => {
  const { stage, values, choose, tell, constant } = check
  const given = stage.written.with
  const value: Value =
    constant.value ??
    (given === undefined
      ? { json: {}, size: 1, varies: false, complete: true }
      : values.evaluate(given.node, choose, tell))
  const decoded = constant.value === undefined ? decode(check, value) : constant.decoded
  if (!value.varies) {
    constant.value = value
    constant.decoded = decoded
  }
  const resources = checkResources(check)
  const size = value.varies ? value.size : 1
  if (decoded === undefined) {
    checkFiles(check, value.complete ? value.json : null, false)
    return { params: undefined, files: {}, resources, size }
  }
  const known = checkMeaning(check, decoded)
  const files = checkFiles(check, decoded.json, true)
  const params = Object.fromEntries(
    Object.entries(decoded.json).filter(([name]) => !Object.hasOwn(files, name))
  )
  const meaning = known === undefined ? {} : { meaning: { params: decoded.params, known } }
  return { params, files, resources, size, ...meaning }
}

const decode = ({ stage, definition, values, choose, tell, problems }: ParamsCheck, value: Value) =>
  decodeParams({
    written: stage.written,
    definition,
    values,
    point: choose,
    input: value.json,
    complete: value.complete,
    // What is the same at all points is decoded once, and so told once.
    tell: value.varies ? tell : problems.error
  })

const checkResources = ({ stage, values, choose, tell }: ParamsCheck): Resources => {
  const node = stage.written.resources
  if (node === undefined) return {}
  const value = values.evaluate(node, choose, tell)
  return readResources(value.json, ({ path, message, hint }) => {
    const { node: at, found, key, use } = values.locate(node, path, choose)
    if (!values.evaluate(at, choose, tell).complete) return
    const known = message.includes("has no")
    tell("resources", use ?? (known || !found ? (key ?? at) : at), message, hint)
  })
}

/**
 * What the stage itself says: symbols that its parameters fix, and problems that its schema cannot see.
 *
 * @returns what is then known; undefined when there are problems
 */
const checkMeaning = (
  { stage, definition, values, choose, bindings, connected, tell }: ParamsCheck,
  { params }: Decoded
): Known | undefined => {
  const { written } = stage
  let right = true
  const known = (): Known => ({
    dims: Object.fromEntries(bindings.dims),
    attributes: Object.fromEntries(bindings.attributes),
    connected
  })
  try {
    for (const [symbol, value] of Object.entries(definition.stage.bind?.(params, known()) ?? {})) {
      const earlier =
        typeof value === "number" ? bindings.dims.get(symbol) : bindings.attributes.get(symbol)
      if (earlier !== undefined && earlier !== value) {
        right = false
        tell(
          "wrong-shape",
          written.with?.key ?? written.key,
          `the parameters of \`${stage.name}\` make \`${symbol}\` ${value}, but its inputs make it ${earlier}`
        )
      } else if (typeof value === "number") bindings.dims.set(symbol, value)
      else bindings.attributes.set(symbol, value)
    }
    for (const issue of definition.stage.check?.(params, known()) ?? []) {
      right = false
      const { at, located } = locateParam(written, values, issue.path, choose)
      tell(
        "parameter",
        at,
        issue.message,
        joinHints([issue.hint, located === undefined ? undefined : originHint(located)])
      )
    }
    return right ? known() : undefined
  } catch (cause) {
    tell("stage-fault", written.uses?.at ?? written.key, stageFault(definition.uses, cause))
    return undefined
  }
}

const checkFiles = (
  { stage, definition, values, files, choose, tell }: ParamsCheck,
  params: Json,
  decoded: boolean
): StageInstance["files"] => {
  const found: Record<string, StageInstance["files"][string]> = {}
  const named = [
    ...(definition.stage.files ?? []).map((param) => ({ param, kind: "file" as const })),
    ...(definition.stage.folders ?? []).map((param) => ({ param, kind: "folder" as const }))
  ]
  for (const { kind, param } of named) {
    const written = (params as Partial<JsonObject> | null)?.[param]
    if (written === undefined || written === null) continue
    if (typeof written !== "string") {
      // What the schema refused was told; what it let through is a mistake in the stage.
      if (!decoded) continue
      const cause = new TypeError(`its parameter ${param} names a ${kind}, but is no text`)
      tell(
        "stage-fault",
        stage.written.uses?.at ?? stage.written.key,
        stageFault(definition.uses, cause)
      )
      continue
    }
    const { at, located } = locateParam(stage.written, values, [param], choose)
    const typed = located?.found === true && isCommandLine(located.node.source)
    const { path, fault } = files.find(written, typed, kind)
    if (fault === undefined)
      found[param] = { path, written, ...(kind === "folder" ? { folder: true } : {}) }
    else
      tell(
        fault.code,
        at,
        fault.message,
        joinHints([fault.hint, located === undefined ? undefined : originHint(located)])
      )
  }
  return found
}

/** Decodes the parameters of one stage instance, and maps what is wrong with them to places in the YAML. */
import * as Result from "effect/Result"
import * as SchemaParser from "effect/SchemaParser"
import type { Json, JsonObject } from "../base/json.ts"
import type { ParamsSchema } from "../stage.ts"
import type { Definition } from "./definitions.ts"
import { type Interpolation, type Located, originHint, type Point } from "./interpolate.ts"
import { quote } from "./node.ts"
import type { WrittenStage } from "./read-stages.ts"
import { quotesHint, type SchemaProblem, schemaProblems } from "./schema-issues.ts"
import { isCommandLine, type Span } from "./source.ts"
import { oldReading } from "./yaml-11.ts"

export interface Decoded {
  /** What the stage's functions get. */
  readonly params: ParamsSchema["Type"]
  /** Encoded again: canonical, with defaults. */
  readonly json: JsonObject
}

export type Tell = (code: string, at: Span, message: string, hint?: string) => void

interface Codec {
  readonly decode: (input: unknown) => Result.Result<unknown, unknown>
  readonly encode: (input: unknown) => Result.Result<unknown, unknown>
}

const codecs = new WeakMap<Definition, Codec>()

const codecOf = (definition: Definition): Codec => {
  const known = codecs.get(definition)
  if (known !== undefined) return known
  const schema = definition.stage.params as never
  const codec: Codec = {
    decode: SchemaParser.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" }),
    encode: SchemaParser.encodeUnknownResult(schema)
  }
  codecs.set(definition, codec)
  return codec
}

export interface ParamsRequest {
  readonly written: WrittenStage
  readonly definition: Definition
  readonly values: Interpolation
  readonly point: Point
  /** The values under `with`, filled in. */
  readonly input: Json
  readonly complete: boolean
  readonly tell: Tell
}

/** Nothing when the parameters are wrong, or not all of them are known. */
export const decodeParams = (request: ParamsRequest): Decoded | undefined => {
  const { definition, input, complete, tell, written } = request
  if (written.broken.with) return undefined
  const { decode, encode } = codecOf(definition)
  const place = written.with?.key ?? written.key
  try {
    // A struct without fields lets everything through.
    if (Object.keys(definition.stage.params.fields).length === 0 && isMap(input)) {
      for (const name of Object.keys(input))
        tellProblem(noParameters(name, definition.uses), request)
      if (Object.keys(input).length > 0) return undefined
    }
    const result = decode(input)
    if (Result.isFailure(result)) {
      const problems = schemaProblems(result.failure as never, input, definition.uses)
      for (const problem of problems) tellProblem(problem, request)
      return undefined
    }
    if (!complete) return undefined
    const encoded = encode(result.success)
    if (Result.isFailure(encoded)) throw new TypeError("its parameters have no JSON form")
    return { params: result.success as never, json: encoded.success as JsonObject }
  } catch (cause) {
    tell("stage-fault", written.uses?.at ?? place, stageFault(definition.uses, cause))
    return undefined
  }
}

/**
 * Parameters that stand in no file: those of a stage's part.
 *
 * @throws TypeError with the first thing that its schema refuses
 */
export const decodeGiven = (definition: Definition, input: JsonObject): Decoded => {
  const { uses } = definition
  const fields = definition.stage.params.fields
  const stranger = Object.keys(input).find((name) => !Object.hasOwn(fields, name))
  if (stranger !== undefined) throw new TypeError(`\`${uses}\` has no parameter ${quote(stranger)}`)
  const { decode, encode } = codecOf(definition)
  const result = decode(input)
  if (Result.isFailure(result)) {
    const [first] = schemaProblems(result.failure as never, input, uses)
    throw new TypeError(first?.message ?? `\`${uses}\` refuses the parameters`)
  }
  const encoded = encode(result.success)
  if (Result.isFailure(encoded)) throw new TypeError("its parameters have no JSON form")
  return { params: result.success as never, json: encoded.success as JsonObject }
}

const isMap = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const noParameters = (name: string, uses: string): SchemaProblem => ({
  path: [name],
  kind: "unknown-parameter",
  message: `\`${uses}\` has no parameter ${quote(name)}`,
  hint: "it takes no parameters",
  wants: new Set()
})

export const stageFault = (uses: string, cause: unknown): string =>
  `the stage \`${uses}\` fails while its parameters are checked: ${cause instanceof Error ? cause.message : String(cause)}`

/** Quotes that are to be YAML's have to be in quotes that the shell takes away. */
const shellQuotesHint = `put it into quotes twice to make it text, such as -S 'params.digit="3"'`

const tellProblem = (problem: SchemaProblem, request: ParamsRequest) => {
  const { path, kind, message } = problem
  const parent = path.slice(0, -1)
  const found = locateParam(
    request.written,
    request.values,
    kind === "missing-parameter" ? parent : path,
    request.point
  )
  if (found.located !== undefined && kind === "parameter" && !isComplete(found.located, request))
    return
  const at =
    kind === "unknown-parameter" ? (found.located?.use ?? found.located?.key ?? found.at) : found.at
  const hints = [
    found.located !== undefined &&
    problem.hint === quotesHint &&
    isCommandLine(found.located.node.source)
      ? shellQuotesHint
      : (problem.hint ??
        (found.located === undefined ? undefined : readingHint(problem, found.located))),
    found.located === undefined ? undefined : originHint(found.located)
  ]
  request.tell(kind, at, message, joinHints(hints))
}

export const joinHints = (hints: ReadonlyArray<string | undefined>): string | undefined => {
  const all = hints.filter((hint) => hint !== undefined)
  return all.length === 0 ? undefined : all.join("; ").replaceAll("?; ", "? ")
}

/** What was not filled in is reported already. */
const isComplete = (
  { node, found }: Located,
  { values, point, complete }: ParamsRequest
): boolean => complete || (found && values.evaluate(node, point, () => undefined).complete)

interface Place {
  readonly at: Span
  readonly located: Located | undefined
}

/** Where a parameter stands; the stage's `with` or name when it stands nowhere. */
export const locateParam = (
  written: WrittenStage,
  values: Interpolation,
  path: ReadonlyArray<PropertyKey>,
  point: Point
): Place => {
  const given = written.with
  if (given === undefined) return { at: written.key, located: undefined }
  if (path.length === 0) return { at: given.key, located: undefined }
  const located = values.locate(given.node, path, point)
  const { use, found, key, node } = located
  const at = use ?? (found ? (node.kind === "scalar" ? node : (key ?? node)) : (key ?? given.key))
  return { at, located }
}

const readingHint = ({ wants }: SchemaProblem, { node }: Located): string | undefined => {
  if (
    node.kind !== "scalar" ||
    typeof node.value !== "string" ||
    wants.size === 0 ||
    wants.has("text")
  )
    return undefined
  const { text, plain } = node
  if (!plain) {
    const meant = wants.has("number")
      ? text.trim() !== "" && Number.isFinite(Number(text))
      : /^(?:true|false)$/.test(text)
    return meant ? `in quotes it is text; write \`${text}\` without them` : undefined
  }
  const reading = oldReading(text)
  if (reading?.write === undefined) return undefined
  const fits =
    (reading.was === "boolean" && wants.has("boolean")) ||
    (reading.was === "number" && wants.has("number"))
  return `YAML 1.2 reads ${quote(text)} as text${fits ? `; write \`${reading.write}\`` : ""}`
}

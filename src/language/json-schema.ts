/** A JSON Schema (draft 7) of pipelines, made of the stages' definitions: editors complete and check with it. */
// `then` is a word of JSON Schema here; no promise is meant.
/* oxlint-disable unicorn/no-thenable */
import * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import type * as SchemaAST from "effect/SchemaAST"
import type { Json, JsonObject } from "../base/json.ts"
import type { Port, StageDefinition } from "../stage.ts"
import type { StageRegistry } from "./registry.ts"
import { filtersOf } from "./schema-words.ts"
import { usableStages } from "./usable-stages.ts"

type Fields = StageDefinition["params"]["fields"]

/** @throws UserError when a stage cannot be loaded */
export const pipelineJsonSchema = async (registry: StageRegistry): Promise<JsonObject> => {
  const stages = await Promise.all(
    (await usableStages(registry)).map(
      async ({ uses }) => [uses, await registry.load(uses)] as const
    )
  )
  const params = stages.map(([uses, stage]) => [uses, paramsSchema(uses, stage)] as const)
  const stage = stageSchema(stages, new Map(params))
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "ablate pipeline",
    type: "object",
    properties: {
      name: { type: "string", description: "Names the results; by default the file's name." },
      description: { type: "string", description: "What the experiment shows." },
      extends: {
        ...paths,
        description:
          "Pipelines that this one is a variant of: maps are merged, `null` removes a key."
      },
      include: { ...paths, description: "Files whose stages, parameters and axes are added." },
      params: {
        type: ["object", "null"],
        description: "Values to use as `${params.name}` and to change with `--set params.name=…`."
      },
      matrix: matrixSchema,
      stages: { type: ["object", "null"] }
    },
    additionalProperties: false,
    // A variant gives only what differs, so that nothing can be required of its stages.
    if: { required: ["extends"] },
    then: { properties: { stages: stagesOf("#/definitions/stagePart") } },
    else: { properties: { stages: stagesOf("#/definitions/stage") } },
    definitions: {
      stagePart: partOf(stage),
      stage,
      ...Object.fromEntries(params.flatMap(([, { definitions }]) => Object.entries(definitions)))
    }
  }
}

const paths: JsonObject = {
  anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }, { type: "null" }]
}

const stagesOf = (reference: string): JsonObject => ({
  type: ["object", "null"],
  propertyNames: { pattern: "^[a-z][A-Za-z0-9_-]*$" },
  additionalProperties: { $ref: reference }
})

const points: JsonObject = { type: ["array", "null"], items: { type: "object" } }

const matrixSchema: JsonObject = {
  type: ["object", "null"],
  description:
    "Axes of the ablation: a stage that depends on one exists once for each of its values.",
  properties: {
    include: { ...points, description: "Further points, each with a value for every axis." },
    exclude: { ...points, description: "Parts of points; those that match are left out." },
    zip: {
      type: ["array", "null"],
      description: "Groups of axes that advance together.",
      items: { type: "array", minItems: 2, items: { type: "string" } }
    }
  },
  additionalProperties: {
    anyOf: [{ type: "array", minItems: 1 }, { type: "object", minProperties: 1 }, { type: "null" }]
  }
}

const interpolated: JsonObject = { type: "string", pattern: "\\$\\{" }
const reference: JsonObject = {
  type: "string",
  pattern: "^[a-z][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)?$"
}

const orInterpolated = (schema: JsonObject): JsonObject => ({ anyOf: [schema, interpolated] })

const resourcesSchema: JsonObject = {
  type: ["object", "null"],
  description: "What the stage needs to run; never part of its key.",
  properties: {
    cpu: orInterpolated({ type: "number", exclusiveMinimum: 0 }),
    gpu: orInterpolated({ type: "number", minimum: 0 }),
    memory: orInterpolated({ type: "string", pattern: "^\\d+(\\.\\d+)? ?[kKMGT]?i?B$" }),
    time: orInterpolated({ type: "string", pattern: "^(\\d+(\\.\\d+)? ?(ms|s|min|m|h|d) ?)+$" })
  },
  additionalProperties: false
}

const stageSchema = (
  stages: ReadonlyArray<readonly [string, StageDefinition]>,
  params: ReadonlyMap<string, { readonly schema: JsonObject }>
): JsonObject => ({
  type: "object",
  required: ["uses"],
  properties: {
    uses: {
      description: "The stage's type.",
      enum: stages.map(([uses]) => uses),
      enumDescriptions: stages.map(([, { summary }]) => summary)
    },
    in: { type: ["object", "null"], description: "Input → `stage.output`." },
    with: { type: ["object", "null"], description: "Parameters." },
    collect: {
      type: "object",
      description: "Gathers values over axes of the matrix.",
      properties: {
        over: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
        from: { type: "object", additionalProperties: reference }
      },
      required: ["over", "from"],
      additionalProperties: false
    },
    resources: resourcesSchema,
    description: { type: "string" }
  },
  additionalProperties: false,
  allOf: stages.map(([uses, stage]) => ({
    if: { properties: { uses: { const: uses } }, required: ["uses"] },
    then: usesSchema(stage, params.get(uses)?.schema ?? {})
  }))
})

/** The same keys, any of which may be absent or `null`. */
const partOf = ({ properties }: JsonObject): JsonObject => ({
  type: ["object", "null"],
  properties: Object.fromEntries(
    Object.entries(properties as JsonObject).map(([name, schema]) => [
      name,
      name === "uses"
        ? schema
        : { anyOf: [{ type: (schema as JsonObject)["type"] ?? "object" }, { type: "null" }] }
    ])
  ),
  additionalProperties: false
})

const usesSchema = (
  { inputs, params, summary }: StageDefinition,
  given: JsonObject
): JsonObject => {
  const ports = Object.entries(inputs).filter(([, { options }]) => options.fromParts !== true)
  const many = ports.filter(([, { options }]) => options.many === true)
  // What takes several values can also come from `collect`.
  const required = ports.flatMap(([name, { options }]) =>
    options.optional === true || options.many === true ? [] : [name]
  )
  const withRequired = Object.entries(params.fields).some(([name, field]) =>
    isRequired(name, field)
  )
  const needed = [...(required.length > 0 ? ["in"] : []), ...(withRequired ? ["with"] : [])]
  return {
    description: summary,
    properties: {
      in: {
        // An empty `in:` is null.
        type: required.length > 0 ? "object" : ["object", "null"],
        properties: Object.fromEntries(ports.map(([name, port]) => [name, portSchema(port)])),
        required,
        additionalProperties: false
      },
      with: withRequired ? given : { ...given, type: ["object", "null"] },
      collect:
        many.length === 0
          ? false
          : { properties: { from: { propertyNames: { enum: many.map(([name]) => name) } } } }
    },
    ...(needed.length === 0 ? {} : { required: needed })
  }
}

const portSchema = ({ type, options }: Port): JsonObject => {
  const description = `${type}: ${options.description}`
  if (options.many !== true) return { ...reference, description }
  return {
    description,
    anyOf: [
      reference,
      { type: "array", minItems: 1, items: reference },
      { type: "object", minProperties: 1, additionalProperties: reference }
    ]
  }
}

const isRequired = (name: string, field: Fields[string]): boolean =>
  Result.isFailure(decodeOnly(name, field, {}))

const decodeOnly = (name: string, field: Fields[string], input: unknown) =>
  SchemaParser.decodeUnknownResult(Schema.Struct({ [name]: field }) as never)(input)

const paramsSchema = (uses: string, { params }: StageDefinition) => {
  const { schema, definitions } = JsonSchema.toDocumentDraft07(Schema.toJsonSchemaDocument(params))
  const prefix = `${uses.replaceAll("/", ".")}.`
  const own = closed(schema as unknown as JsonObject, prefix)
  const described = withUnits(own, params.ast)
  // A struct without fields says nothing of its keys.
  const isEmpty = Object.keys(params.fields).length === 0
  return {
    schema: isEmpty
      ? { type: "object", additionalProperties: false }
      : withDefaults(described, params.fields),
    definitions: Object.fromEntries(
      Object.entries(definitions).map(([name, one]) => [
        `${prefix}${name}`,
        open(one as unknown as JsonObject, prefix)
      ])
    )
  }
}

/** The schema itself, without the choice of an interpolation: what stands under `with` is a map. */
const closed = (schema: JsonObject, prefix: string): JsonObject => {
  const changed: Record<string, Json> = { ...schema }
  if (typeof schema["$ref"] === "string") {
    changed["$ref"] = schema["$ref"].replace("#/definitions/", `#/definitions/${prefix}`)
  }
  const { properties, items, additionalProperties } = schema
  if (isObject(properties)) {
    changed["properties"] = mapValues(properties, (one) => open(one, prefix))
    if (additionalProperties === true || additionalProperties === undefined)
      changed["additionalProperties"] = false
  }
  if (isObject(additionalProperties))
    changed["additionalProperties"] = open(additionalProperties, prefix)
  if (Array.isArray(items))
    changed["items"] = items.map((one) => (isObject(one) ? open(one, prefix) : (one as Json)))
  else if (isObject(items)) changed["items"] = open(items, prefix)
  for (const word of ["anyOf", "oneOf", "allOf"]) {
    const list = schema[word]
    if (Array.isArray(list))
      changed[word] = list.map((one) => (isObject(one) ? closed(one, prefix) : (one as Json)))
  }
  return changed
}

/** The schema or an interpolation; what describes it stays outside of the choice. */
const open = (schema: JsonObject, prefix: string): JsonObject => {
  const { description, title, default: otherwise, examples, ...rest } = closed(schema, prefix)
  const about = Object.fromEntries(
    Object.entries({ title, description, default: otherwise, examples }).filter(
      ([, value]) => value !== undefined
    )
  ) as JsonObject
  // Any text may hold an interpolation already.
  const isText = rest["type"] === "string" && Object.keys(rest).length === 1
  return { ...about, ...(isText ? rest : orInterpolated(rest)) }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const mapValues = (object: JsonObject, change: (value: JsonObject) => JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, isObject(value) ? change(value) : value])
  )

/** `unit` is an annotation of ours: it is said in the description. */
const withUnits = (schema: JsonObject, ast: SchemaAST.AST): JsonObject => {
  const { properties } = schema
  if (ast._tag !== "Objects" || !isObject(properties)) return schema
  const changed: Record<string, Json> = { ...properties }
  for (const { name, type } of ast.propertySignatures) {
    const one = changed[String(name)]
    const unit = annotation(type, "unit")
    if (!isObject(one) || unit === undefined) continue
    const { description } = one
    changed[String(name)] = {
      ...one,
      description: `${typeof description === "string" ? `${description} ` : ""}[${unit}]`
    }
  }
  return { ...schema, properties: changed }
}

/** After a check, annotations belong to the check. */
const annotation = (ast: SchemaAST.AST, name: string): string | undefined => {
  for (const { annotations } of [...filtersOf(ast).toReversed(), ast]) {
    const value = annotations?.[name]
    if (typeof value === "string") return value
  }
  return undefined
}

const withDefaults = (schema: JsonObject, fields: Fields): JsonObject => {
  const { properties } = schema
  if (!isObject(properties)) return schema
  const changed: Record<string, Json> = { ...properties }
  for (const [name, field] of Object.entries(fields)) {
    const one = changed[name]
    const decoded = decodeOnly(name, field, {})
    if (!isObject(one) || Result.isFailure(decoded)) continue
    const encoded = SchemaParser.encodeUnknownResult(Schema.Struct({ [name]: field }) as never)(
      decoded.success
    )
    const value = Result.isSuccess(encoded) ? (encoded.success as JsonObject)[name] : undefined
    if (value !== undefined) changed[name] = { ...one, default: value }
  }
  return { ...schema, properties: changed }
}

/** The parameters of a stage as rows of a table, all read from its schema: nothing is written down twice. */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { Json } from "../../base/json.ts"
import type { ParamsSchema } from "../../stage.ts"

export interface Parameter {
  /** `size`, or `unet.channels` inside of a struct. */
  readonly name: string
  /** `whole number`, `stretch | cover`, `list of number`. */
  readonly type: string
  /** What the number counts, where the schema says so. */
  readonly unit?: string
  /** Where a map's `kind` says what else is in it: each form in full, such as `{ kind: sgd, momentum?: number }`. */
  readonly forms?: ReadonlyArray<string>
  /** `1 to 4096`, `above 0`. */
  readonly range?: string
  /** Absent when the parameter must be given, or may stay away. */
  readonly default?: Json
  readonly required: boolean
  readonly description: string
}

/** The part of JSON Schema that Effect writes for parameters. */
interface JsonSchema {
  readonly type?: string
  readonly enum?: ReadonlyArray<Json>
  readonly const?: Json
  readonly description?: string
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly oneOf?: ReadonlyArray<JsonSchema>
  readonly items?: JsonSchema | false
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly pattern?: string
  readonly properties?: { readonly [name: string]: JsonSchema }
  readonly required?: ReadonlyArray<string>
  readonly $ref?: string
}

type Definitions = { readonly [name: string]: JsonSchema }

export const parametersOf = (schema: ParamsSchema): ReadonlyArray<Parameter> => {
  const document = Schema.toJsonSchemaDocument(schema)
  const root = document.schema as JsonSchema
  const definitions = document.definitions as Definitions
  return Object.entries(schema.fields).flatMap(([name, field]) => {
    const property = resolved(root.properties?.[name] ?? {}, definitions)
    const noted = notesOf(field.ast)
    const fallback = defaultOf(name, field)
    const given = root.required?.includes(name) === true
    const description = noted.description ?? property.description ?? ""
    const range = rangeText(property, definitions)
    const forms = formsOf(property, definitions).map((form) => typeText(form, definitions))
    const own: Parameter = {
      name,
      type: typeText(property, definitions),
      ...(forms.length === 0 ? {} : { forms }),
      ...(noted.unit === undefined ? {} : { unit: noted.unit }),
      ...(range === "" ? {} : { range }),
      ...(fallback === undefined ? {} : { default: fallback }),
      required: given,
      description
    }
    return [own].concat(nested(name, property, definitions))
  })
}

/** The fields of a struct, below its own row. */
const nested = (
  prefix: string,
  schema: JsonSchema,
  definitions: Definitions
): ReadonlyArray<Parameter> =>
  Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const property = resolved(value, definitions)
    const range = rangeText(property, definitions)
    const name = `${prefix}.${key}`
    const own: Parameter = {
      name,
      type: typeText(property, definitions),
      ...(range === "" ? {} : { range }),
      required: schema.required?.includes(key) === true,
      description: property.description ?? ""
    }
    return [own].concat(nested(name, property, definitions))
  })

interface Notes {
  readonly description?: string
  readonly unit?: string
}

/** Annotations stand on the key, on the decoded side of a default, or on the encoded side, wherever the author put them. */
const notesOf = (ast: SchemaAST.AST): Notes => {
  const places = [
    ast.context?.annotations,
    SchemaAST.resolve(ast),
    SchemaAST.resolve(SchemaAST.toEncoded(ast))
  ]
  const find = (key: "description" | "unit") =>
    places.map((notes) => notes?.[key]).find((note) => typeof note === "string")
  const [description, unit] = [find("description"), find("unit")]
  return {
    ...(description === undefined ? {} : { description }),
    ...(unit === undefined ? {} : { unit })
  }
}

/** What decoding puts where nothing was given, in the form in which it would be written. */
const defaultOf = (name: string, field: Schema.Constraint): Json | undefined => {
  const alone = Schema.Struct({ [name]: field }) as unknown as Schema.Codec<object, object>
  const decoded = Schema.decodeUnknownOption(alone)({})
  if (decoded._tag === "None") return undefined
  const encoded = Schema.encodeUnknownOption(alone)(decoded.value)
  if (encoded._tag === "None") return undefined
  return (encoded.value as { readonly [key: string]: Json })[name]
}

/** Follows references and joins `allOf`, which Effect uses for several annotations or checks of one value. */
const resolved = (schema: JsonSchema, definitions: Definitions): JsonSchema => {
  const name = schema.$ref?.split("/").at(-1)?.replaceAll("~1", "/").replaceAll("~0", "~")
  const target = name === undefined ? undefined : definitions[name]
  const base = target === undefined ? schema : { ...resolved(target, definitions), ...schema }
  const { allOf, ...own } = base
  return Object.assign({}, own, ...(allOf ?? []).map((part) => resolved(part, definitions)))
}

const typeText = (given: JsonSchema, definitions: Definitions): string => {
  const schema = resolved(given, definitions)
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(literal).join(" | ")
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) {
    const single = oneOrSeveral(choices, definitions)
    if (single !== undefined) return `${typeText(single, definitions)}, or several`
    const forms = formsOf(schema, definitions)
    const plain = choices.filter(
      (choice) => forms.length === 0 || kindOf(resolved(choice, definitions)) === undefined
    )
    const texts = plain.map((choice) => typeText(choice, definitions))
    if (forms.length > 0) texts.push(`{ kind: ${forms.map(kindOf).join(" | ")}, … }`)
    return [...new Set(texts)].join(" | ")
  }
  switch (schema.type) {
    case "integer":
      return "whole number"
    case "string":
      return "text"
    case "boolean":
      return "true | false"
    case "null":
      return "null"
    case "array": {
      if (schema.prefixItems !== undefined) {
        return `[${schema.prefixItems.map((item) => typeText(item, definitions)).join(", ")}]`
      }
      const item = schema.items === undefined || schema.items === false ? {} : schema.items
      const text = typeText(item, definitions)
      if (text.includes(" | ")) return `list of (${text})`
      return `list of ${plurals[text] ?? text}`
    }
    case "object": {
      const fields = Object.entries(schema.properties ?? {}).map(([key, value]) => {
        const optional = schema.required?.includes(key) === true ? "" : "?"
        return `${key}${optional}: ${typeText(value, definitions)}`
      })
      return fields.length === 0 ? "map" : `{ ${fields.join(", ")} }`
    }
    default:
      return schema.type ?? "anything"
  }
}

/** The members of a union that differ by their `kind`; none where fewer than two do. */
const formsOf = (schema: JsonSchema, definitions: Definitions): ReadonlyArray<JsonSchema> => {
  const forms = (schema.anyOf ?? schema.oneOf ?? [])
    .map((choice) => resolved(choice, definitions))
    .filter((choice) => kindOf(choice) !== undefined)
  return forms.length < 2 ? [] : forms
}

const kindOf = ({ properties }: JsonSchema): string | undefined => {
  const kind = properties?.["kind"]
  const only = kind?.const ?? (kind?.enum?.length === 1 ? kind.enum[0] : undefined)
  return typeof only === "string" ? only : undefined
}

const plurals: { readonly [type: string]: string } = {
  number: "numbers",
  "whole number": "whole numbers",
  text: "texts"
}

/** `anyOf` of a type and of a list of the same: one may be written without its brackets. */
const oneOrSeveral = (
  choices: ReadonlyArray<JsonSchema>,
  definitions: Definitions
): JsonSchema | undefined => {
  const [first, second, ...others] = choices.map((choice) => resolved(choice, definitions))
  if (first === undefined || second === undefined || others.length > 0) return undefined
  const [list, single] = first.type === "array" ? [first, second] : [second, first]
  if (list.items === undefined || list.items === false || list.prefixItems !== undefined)
    return undefined
  const same = (schema: JsonSchema) =>
    `${typeText(schema, definitions)} ${rangeText(schema, definitions)}`
  return same(list.items) === same(single) ? single : undefined
}

const literal = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value))

/** Effect bounds every whole number by what JavaScript can count; that says nothing about the parameter. */
const bound = (limit: number | undefined): number | undefined =>
  limit === undefined || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? undefined : limit

const rangeText = (given: JsonSchema, definitions: Definitions): string => {
  const schema = resolved(given, definitions)
  const [least, most] = [bound(schema.minimum), bound(schema.maximum)]
  const [above, below] = [bound(schema.exclusiveMinimum), bound(schema.exclusiveMaximum)]
  const parts: Array<string> = []
  if (least !== undefined && most !== undefined) parts.push(`${least} to ${most}`)
  else if (least !== undefined) parts.push(`at least ${least}`)
  else if (above !== undefined) parts.push(`above ${above}`)
  if (most !== undefined && least === undefined) parts.push(`at most ${most}`)
  else if (below !== undefined) parts.push(`below ${below}`)
  if (schema.multipleOf !== undefined && schema.multipleOf !== 1) {
    parts.push(`multiples of ${schema.multipleOf}`)
  }
  if (schema.prefixItems === undefined && schema.type === "array") {
    if (schema.items !== undefined && schema.items !== false) {
      const each = rangeText(schema.items, definitions)
      if (each !== "") parts.push(`each ${each}`)
    }
    parts.push(...lengthText(schema.minItems, schema.maxItems, "item"))
  }
  if (schema.type === "string") {
    const notEmpty = schema.minLength === 1 && schema.maxLength === undefined
    parts.push(
      ...(notEmpty ? ["not empty"] : lengthText(schema.minLength, schema.maxLength, "character"))
    )
  }
  const choices = schema.anyOf ?? schema.oneOf ?? []
  const single = oneOrSeveral(choices, definitions)
  if (single !== undefined) return rangeText(single, definitions)
  const inChoices = new Set(
    choices.map((choice) => rangeText(choice, definitions)).filter((text) => text !== "")
  )
  return [...parts, ...inChoices].join(", ")
}

const lengthText = (
  least: number | undefined,
  most: number | undefined,
  what: string
): Array<string> => {
  const plural = (count: number) => (count === 1 ? what : `${what}s`)
  if (least !== undefined && least === most) return [`${least} ${plural(least)}`]
  return [
    ...(least === undefined || least === 0 ? [] : [`at least ${least} ${plural(least)}`]),
    ...(most === undefined ? [] : [`at most ${most} ${plural(most)}`])
  ]
}

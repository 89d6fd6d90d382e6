/** The issues of a schema as sentences about parameters, each with its path. */
import * as SchemaIssue from "effect/SchemaIssue"
import type * as SchemaAST from "effect/SchemaAST"
import type { Json } from "../base/json.ts"
import { nearest } from "../base/nearest.ts"
import { describeScalar, quote } from "./node.ts"
import { suggestion } from "./suggestion.ts"
import { expectedWords, isWorded } from "./schema-words.ts"

export interface SchemaProblem {
  readonly path: ReadonlyArray<PropertyKey>
  readonly kind: "unknown-parameter" | "missing-parameter" | "parameter"
  readonly message: string
  readonly hint?: string
  /** The kinds of scalars that would do: the place to say how YAML 1.1 read a text. */
  readonly wants: ReadonlySet<ScalarKind>
}

export type ScalarKind = "text" | "number" | "boolean"

const nothing: ReadonlySet<ScalarKind> = new Set()

/**
 * At most one problem for each path: the first that the schema finds.
 *
 * @param uses the stage's type, for messages
 */
export const schemaProblems = (
  issue: SchemaIssue.Issue,
  input: Json,
  uses: string
): ReadonlyArray<SchemaProblem> => {
  const found = new Map<string, SchemaProblem>()
  const add = (problem: SchemaProblem) => {
    const key = problem.path.map(String).join("\n")
    if (!found.has(key)) found.set(key, problem)
  }
  visit(issue, [], undefined, { input, uses, add })
  return [...found.values()]
}

interface Visit {
  readonly input: Json
  readonly uses: string
  readonly add: (problem: SchemaProblem) => void
}

type Path = ReadonlyArray<PropertyKey>

const visit = (
  issue: SchemaIssue.Issue,
  path: Path,
  parent: SchemaAST.AST | undefined,
  to: Visit
): void => {
  switch (issue._tag) {
    case "Pointer":
      return visit(issue.issue, [...path, ...issue.path], parent, to)
    case "Composite":
      for (const inner of issue.issues) visit(inner, path, issue.ast, to)
      return
    case "Encoding":
      return visit(issue.issue, path, issue.ast, to)
    case "Filter":
      return filter(issue, path, parent, to)
    case "UnexpectedKey":
      return unexpected(issue, path, to)
    case "MissingKey":
      return missing(path, parent, to)
    case "AnyOf":
      return anyOf(issue, path, to)
    case "InvalidType":
      return wrong(path, expectedWords(issue.ast), wantedKinds(issue.ast), to)
    default:
      return to.add({
        path,
        kind: "parameter",
        message: `${subject(path, to.uses)}: ${lowerFirst(messageOf(issue) ?? SchemaIssue.makeFormatterDefault()(issue))}`,
        wants: nothing
      })
  }
}

const lowerFirst = (text: string) => `${text.charAt(0).toLowerCase()}${text.slice(1)}`

/** ``the parameter `unet.channels` `` */
const subject = (path: Path, uses: string): string =>
  path.length === 0 ? `\`${uses}\`` : `\`${pathText(path)}\``

const pathText = (path: Path): string =>
  path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`
    )
    .join("")

const valueAt = (json: Json, path: Path): Json | undefined => {
  let value: unknown = json
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value as Json | undefined
}

const describe = (value: Json | undefined): string => {
  if (value === undefined) return "not given"
  if (typeof value !== "object" || value === null) return describeScalar(value)
  if (Array.isArray(value))
    return value.length === 0 ? "an empty list" : `a list of ${value.length}`
  return "a map"
}

export const quotesHint = "put it into quotes to make it text"

const wrong = (
  path: Path,
  expected: string,
  wants: ReadonlySet<ScalarKind>,
  to: Visit,
  hint?: string
) => {
  const value = valueAt(to.input, path)
  const isText = typeof value === "string"
  to.add({
    path,
    kind: "parameter",
    message: `${subject(path, to.uses)} must be ${expected}, but it is ${describe(value)}`,
    wants,
    ...(hint !== undefined
      ? { hint }
      : wants.has("text") && !isText && typeof value !== "object"
        ? { hint: quotesHint }
        : {})
  })
}

const wantedKinds = (ast: SchemaAST.AST): ReadonlySet<ScalarKind> => {
  switch (ast._tag) {
    case "String":
    case "TemplateLiteral":
      return new Set(["text"])
    case "Number":
      return new Set(["number"])
    case "Boolean":
      return new Set(["boolean"])
    case "Literal":
      return new Set([
        typeof ast.literal === "string" ? "text" : (typeof ast.literal as ScalarKind)
      ])
    case "Union":
      return new Set(ast.types.flatMap((type) => [...wantedKinds(type)]))
    default:
      return nothing
  }
}

/** What the stage's author wrote as the message, if anything. */
const messageOf = (issue: object): string | undefined => {
  const { annotations } = issue as { readonly annotations?: Record<string, unknown> }
  const message = annotations?.["message"]
  return typeof message === "string" ? message : undefined
}

const filter = (
  issue: SchemaIssue.Filter,
  path: Path,
  parent: SchemaAST.AST | undefined,
  to: Visit
) => {
  const inner = issue.issue
  if (inner._tag === "Pointer" || inner._tag === "Composite") return visit(inner, path, parent, to)
  const own = messageOf(issue.filter) ?? messageOf(inner)
  if (own !== undefined) {
    return to.add({
      path,
      kind: "parameter",
      message: `${subject(path, to.uses)}: ${lowerFirst(own)}`,
      wants: nothing
    })
  }
  const { expected } = (issue.filter.annotations ?? {}) as { readonly expected?: string }
  const words = parent !== undefined && isWorded(issue.filter) ? expectedWords(parent) : expected
  wrong(path, words ?? "another value", parent === undefined ? nothing : wantedKinds(parent), to)
}

const keysOf = (ast: SchemaAST.AST | undefined): ReadonlyArray<string> =>
  ast?._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []

const unexpected = (issue: SchemaIssue.UnexpectedKey, path: Path, to: Visit) => {
  const name = String(path.at(-1))
  const known = keysOf(issue.ast)
  const top = path.length === 1
  to.add({
    path,
    kind: "unknown-parameter",
    message: top
      ? `\`${to.uses}\` has no parameter ${quote(name)}`
      : `${subject(path.slice(0, -1), to.uses)} has no ${quote(name)}`,
    wants: nothing,
    ...hinted(
      known.length === 0
        ? "it takes no parameters"
        : suggestion(name, known, top ? "its parameters" : "it has")
    )
  })
}

const hinted = (hint: string | undefined) => (hint === undefined ? {} : { hint })

const missing = (path: Path, parent: SchemaAST.AST | undefined, to: Visit) => {
  const name = String(path.at(-1))
  const around = valueAt(to.input, path.slice(0, -1))
  const given = typeof around === "object" && around !== null ? Object.keys(around) : []
  // A misspelt parameter is one mistake, not two: it is reported as unknown, with the name that was meant.
  const known = keysOf(parent)
  if (given.some((key) => !known.includes(key) && nearest(key, known) === name)) return
  const type =
    parent?._tag === "Objects"
      ? parent.propertySignatures.find((one) => String(one.name) === name)?.type
      : undefined
  const words = type === undefined ? undefined : expectedWords(type)
  const isItem = typeof path.at(-1) === "number" || parent?._tag === "Arrays"
  to.add({
    path,
    kind: "missing-parameter",
    message: isItem
      ? `${subject(path.slice(0, -1), to.uses)} must be ${parent === undefined ? "longer" : expectedWords(parent)}, but it is ${describe(around)}`
      : path.length === 1
        ? `\`${to.uses}\` needs the parameter \`${name}\``
        : `${subject(path.slice(0, -1), to.uses)} needs \`${name}\``,
    wants: nothing,
    ...(isItem ? {} : hinted(words === undefined ? undefined : `it is ${words}`))
  })
}

const anyOf = (issue: SchemaIssue.AnyOf, path: Path, to: Visit) => {
  const value = valueAt(to.input, path)
  // The alternatives that the value resembles: a map is not also told that it is no number.
  const close = issue.issues.filter((one) => !isOtherKind(one))
  const [only] = close
  if (only !== undefined && close.length === 1) return visit(only, path, issue.ast, to)
  const { types } = issue.ast
  const kinds =
    typeof value === "object" && value !== null
      ? discriminator(types, value as Record<string, Json>)
      : undefined
  if (kinds !== undefined) {
    const given = (value as Record<string, Json>)[kinds.key]
    if (given === undefined) {
      return to.add({
        path: [...path, kinds.key],
        kind: "missing-parameter",
        message: `${subject(path, to.uses)} needs \`${kinds.key}\``,
        hint: `it is ${listed(kinds.values)}`,
        wants: nothing
      })
    }
    return wrong(
      [...path, kinds.key],
      listed(kinds.values),
      nothing,
      to,
      hintOf(given, kinds.values)
    )
  }
  const words = literals(types)
  wrong(
    path,
    expectedWords(issue.ast),
    wantedKinds(issue.ast),
    to,
    words === undefined ? undefined : hintOf(value, words)
  )
}

const hintOf = (given: Json | undefined, values: ReadonlyArray<string>): string | undefined => {
  const near = typeof given === "string" ? nearest(given, values) : undefined
  return near === undefined ? undefined : `did you mean \`${near}\`?`
}

const listed = (values: ReadonlyArray<string>): string => {
  const all = values.map((value) => `\`${value}\``)
  const last = all.pop() ?? ""
  return all.length === 0 ? last : `${all.join(", ")} or ${last}`
}

const literals = (types: ReadonlyArray<SchemaAST.AST>): ReadonlyArray<string> | undefined => {
  const values = types.flatMap((type) => (type._tag === "Literal" ? [String(type.literal)] : []))
  return values.length === types.length ? values : undefined
}

const isOtherKind = (issue: SchemaIssue.Issue): boolean =>
  issue._tag === "InvalidType" || (issue._tag === "Encoding" && isOtherKind(issue.issue))

/** The key whose literal tells the maps of a union apart, such as `kind`. */
const discriminator = (types: ReadonlyArray<SchemaAST.AST>, value: Record<string, Json>) => {
  if (Array.isArray(value)) return undefined
  const maps = types.filter((type) => type._tag === "Objects")
  for (const { name } of maps[0]?.propertySignatures ?? []) {
    const values = maps.map((map) => map.propertySignatures.find((one) => one.name === name)?.type)
    const texts = values.flatMap((type) => (type?._tag === "Literal" ? [String(type.literal)] : []))
    if (texts.length === maps.length && texts.length > 1)
      return { key: String(name), values: texts }
  }
  return undefined
}

/** What a schema expects, in words: "a whole number from 1 to 1000", "`cover` or `contain`", "a list of numbers". */
import type * as SchemaAST from "effect/SchemaAST"

type Ast = SchemaAST.AST
type Filter = SchemaAST.Filter<unknown>

/** @param depth how far into lists and unions words may go */
export const expectedWords = (ast: Ast, depth = 2): string => {
  const own = annotated(ast, "expected")
  if (own !== undefined) return own
  switch (ast._tag) {
    case "String":
    case "TemplateLiteral":
      return withLength("text", "character", ast)
    case "Number":
      return `${isWhole(ast) ? "a whole number" : "a number"}${rangeWords(ast)}`
    case "Boolean":
      return "`true` or `false`"
    case "Null":
    case "Undefined":
    case "Void":
      return "empty"
    case "Literal":
      return `\`${String(ast.literal)}\``
    case "Arrays":
      return listWords(ast, depth)
    case "Objects":
      return "a map"
    case "Union":
      return unionWords(ast, depth)
    case "Suspend":
      return depth > 0 ? expectedWords(ast.thunk(), depth - 1) : "another value"
    default:
      return annotated(ast, "title") ?? annotated(ast, "identifier") ?? "another value"
  }
}

const annotated = (ast: Ast, name: string): string | undefined => {
  const value = ast.annotations?.[name]
  return typeof value === "string" ? value : undefined
}

const listWords = (ast: SchemaAST.Arrays, depth: number): string => {
  const [item] = ast.rest
  if (ast.elements.length > 0 && item === undefined) {
    const items = ast.elements.map((element) => expectedWords(element, 0))
    const same = new Set(items).size === 1 && items[0] !== undefined
    return `a list of ${ast.elements.length}${same ? ` ${plural(items[0] ?? "")}` : " items"}`
  }
  const of = item === undefined || depth <= 0 ? "" : ` of ${plural(expectedWords(item, 0))}`
  return withLength(`a list${of}`, "item", ast)
}

/** `a whole number from 1 to 9` → `whole numbers`: the range is said where an item breaks it. */
const plural = (words: string): string => {
  const [, what] = /^an? (whole number|number|map|list)/.exec(words) ?? []
  if (what !== undefined) return `${what}s`
  return words === "text" ? "texts" : "values"
}

const unionWords = (ast: SchemaAST.Union, depth: number): string => {
  const all = depth > 0 ? [...new Set(ast.types.map((type) => expectedWords(type, depth - 1)))] : []
  if (all.length === 0) return "another value"
  const shown = all.slice(0, 12)
  if (all.length > shown.length) shown.push("…")
  const many = shown.length > 2 && ast.types.every((type) => type._tag === "Literal")
  const last = shown.pop() ?? ""
  return `${many ? "one of " : ""}${shown.length === 0 ? last : `${shown.join(", ")} or ${last}`}`
}

export const filtersOf = (ast: Ast): ReadonlyArray<Filter> => (ast.checks ?? []).flatMap(flatten)

const flatten = (check: SchemaAST.Check<never> | SchemaAST.Check<unknown>): ReadonlyArray<Filter> =>
  check._tag === "FilterGroup"
    ? (check.checks as ReadonlyArray<SchemaAST.Check<unknown>>).flatMap(flatten)
    : [check as Filter]

/** `isBetween` of `effect/schema/isBetween`, and what it was given. */
const filterKind = (
  filter: Filter
): { readonly id: string; readonly payload: Record<string, unknown> } => {
  const { representation } = (filter.annotations ?? {}) as {
    readonly representation?: { readonly id: string; readonly payload: unknown }
  }
  const payload = representation?.payload
  return {
    id: representation?.id.replace("effect/schema/", "") ?? "",
    payload:
      typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {}
  }
}

/** Filters that `expectedWords` already speaks of. */
export const isWorded = (filter: Filter): boolean =>
  /^is(?:Int|Finite|Between|GreaterThan|GreaterThanOrEqualTo|LessThan|LessThanOrEqualTo|MinLength|MaxLength|LengthBetween)$/.test(
    filterKind(filter).id
  )

const isWhole = (ast: Ast) => filtersOf(ast).some((filter) => filterKind(filter).id === "isInt")

const rangeWords = (ast: Ast): string => {
  let [low, high]: [string | undefined, string | undefined] = [undefined, undefined]
  const set = (payload: Record<string, unknown>) => {
    const { minimum, maximum } = payload
    const [aboveLimit, belowLimit] = [payload["exclusiveMinimum"], payload["exclusiveMaximum"]]
    if (minimum !== undefined)
      low = aboveLimit === true ? `above ${text(minimum)}` : `at least ${text(minimum)}`
    else if (aboveLimit !== undefined) low = `above ${text(aboveLimit)}`
    if (maximum !== undefined)
      high = belowLimit === true ? `below ${text(maximum)}` : `at most ${text(maximum)}`
    else if (belowLimit !== undefined) high = `below ${text(belowLimit)}`
  }
  for (const filter of filtersOf(ast)) {
    const { id, payload } = filterKind(filter)
    if (/^is(?:Between|GreaterThan|LessThan)/.test(id)) set(payload)
  }
  if (low === undefined && high === undefined) return ""
  const [from, to] = [/^at least (.*)/.exec(low ?? "")?.[1], /^at most (.*)/.exec(high ?? "")?.[1]]
  if (from !== undefined && to !== undefined) return ` from ${from} to ${to}`
  const words = [low, high].filter((part) => part !== undefined).join(" and ")
  return words.startsWith("at ") ? ` of ${words}` : ` ${words}`
}

const text = (value: unknown): string =>
  typeof value === "object" && value !== null && "value" in value
    ? String(value.value)
    : String(value)

const withLength = (words: string, item: string, ast: Ast): string => {
  const count = (value: unknown) => `${text(value)} ${item}${value === 1 ? "" : "s"}`
  for (const filter of filtersOf(ast)) {
    const { id, payload } = filterKind(filter)
    if (id === "isMinLength") return `${words} with at least ${count(payload["minLength"])}`
    if (id === "isMaxLength") return `${words} with at most ${count(payload["maxLength"])}`
    if (id === "isLengthBetween") {
      const { minimum, maximum } = payload
      return minimum === maximum
        ? `${words} with ${count(minimum)}`
        : `${words} with ${text(minimum)} to ${count(maximum)}`
    }
  }
  return words
}

/** Runs the `yaml` package over a text, within limits on size and depth, and reports its syntax errors in our words. */
import { Composer, Lexer, Parser, type Document } from "yaml"
import type { Problems } from "./problems.ts"
import { lineAt, type Span } from "./source.ts"
import { syntaxMessage } from "./yaml-messages.ts"

export const maxDepth = 64
const maxTokens = 1_500_000
/** Of syntax errors; more say nothing new. */
const mostErrors = 1000

/** The one document of a text; nothing when there are errors, which are reported. */
export const composeYaml = (
  text: string,
  at: At,
  problems: Problems
): Document.Parsed | undefined => {
  const before = problems.errorCount()
  const { documents, unclosed } = withoutStacks(() => compose(text, at, problems))
  if (problems.errorCount() === before) reportSyntax(documents, unclosed, at, problems)
  return problems.errorCount() === before ? documents[0] : undefined
}

/** A stretch of the text as a span of its source. */
export type At = (start: number, end: number) => Span

interface Composed {
  readonly documents: ReadonlyArray<Document.Parsed>
  /** Where quotes and brackets open that are not closed. */
  readonly unclosed: { readonly quote: number | undefined; readonly bracket: number | undefined }
}

/** What the lexer sends where an open bracket's lines end. */
const flowBreaksOff = "\u0018"

const compose = (text: string, at: At, problems: Problems): Composed => {
  const parser = new Parser()
  const composer = new Composer({
    uniqueKeys: false,
    strict: true,
    version: "1.2",
    logLevel: "silent"
  })
  const documents: Array<Document.Parsed> = []
  const open: Array<number> = []
  let [quote, bracket]: [number | undefined, number | undefined] = [undefined, undefined]
  const stop = (code: string, message: string): Composed => {
    problems.error(code, at(parser.offset, parser.offset + 1), message)
    return { documents: [], unclosed: { quote, bracket } }
  }
  let tokens = 0
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token))
    const start = parser.offset - lexeme.length
    if (lexeme === "[" || lexeme === "{") open.push(start)
    else if (lexeme === "]" || lexeme === "}") open.pop()
    else if (lexeme === flowBreaksOff) bracket ??= open.pop()
    else if (/^["']/.test(lexeme) && !closes(lexeme)) quote ??= start
    // The composer recurses; what is nested without end must not reach it.
    if (parser.stack.length > 3 * maxDepth) {
      return stop("too-deep", `this is nested more than ${maxDepth} levels deep`)
    }
    if (++tokens > maxTokens) return stop("too-large", "this file is too large to be a pipeline")
  }
  for (const token of parser.end()) documents.push(...composer.next(token))
  documents.push(...composer.end(true, text.length))
  return { documents, unclosed: { quote, bracket: bracket ?? open.at(-1) } }
}

const closes = (quoted: string): boolean => quoted.length > 1 && quoted.endsWith(quoted.charAt(0))

/** The package makes an error object for each fault, and a hostile file has a hundred thousand: stacks would take seconds. */
const withoutStacks = <A>(work: () => A): A => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

const reportSyntax = (
  documents: ReadonlyArray<Document.Parsed>,
  unclosed: Composed["unclosed"],
  at: At,
  problems: Problems
) => {
  const second = documents[1]
  const errors = documents
    .flatMap((document) => [...document.errors, ...document.warnings.filter(isFault)])
    .toSorted((a, b) => a.pos[0] - b.pos[0])
  const lines = new Set<number>()
  const told = new Set<string>()
  for (const error of errors.slice(0, mostErrors)) {
    const { code, message, hint, lost, opens } = syntaxMessage(error)
    const start = opens === undefined ? undefined : unclosed[opens]
    const span = start === undefined ? at(error.pos[0], error.pos[1]) : at(start, start + 1)
    const line = lineAt(span.source, span.start)
    // A file that is indented with tabs has one mistake, not one a line.
    if (!lines.has(line) && !(code === "tab" && told.has(code))) {
      const isOpen = start !== undefined && opens === "bracket"
      problems.error(
        isOpen ? "unclosed" : code,
        span,
        isOpen ? "this bracket is never closed" : message,
        hint
      )
    }
    lines.add(line)
    told.add(code)
    if (lost) return
  }
  if (second !== undefined) {
    const [start] = second.range
    problems.error(
      "multiple-documents",
      at(start, start + 3),
      "a pipeline file holds one YAML document, and here a second one starts",
      "remove the `---` or `...`, or move the second document to a file of its own"
    )
  }
  const { yaml } = documents[0]?.directives ?? {}
  if (yaml?.explicit === true && yaml.version !== "1.2") {
    problems.error(
      "yaml-version",
      at(0, (documents[0]?.range[0] ?? 0) || 5),
      `this file asks for YAML ${yaml.version}, but pipelines are read as YAML 1.2`,
      "remove the `%YAML` line"
    )
  }
}

/** Tags that resolve to nothing are warnings of the package; here they are mistakes. */
const isFault = (warning: { readonly code: string }) => warning.code !== "BAD_ALIAS"

/** Diagnostics as text for people: place, sentence, a frame of the source, and what to do. */
import type { Diagnostic } from "./diagnostic.ts"
import { lineStarts, lineText, type Source } from "./source.ts"

export interface RenderOptions {
  readonly color: boolean
}

/** Lines shown before and after the one that is meant. */
const context = 2
/** Columns of source shown; a longer line is cut around the place. */
const width = 100
const tab = 4

type Style = "red" | "yellow" | "blue" | "bold" | "cyan"
type Paint = (style: Style, text: string) => string

const codes: Record<Style, string> = {
  red: "31;1",
  yellow: "33;1",
  blue: "34",
  bold: "1",
  cyan: "36"
}

export const renderDiagnostics = (
  diagnostics: ReadonlyArray<Diagnostic>,
  sources: ReadonlyArray<Source>,
  { color }: RenderOptions
): string => {
  if (diagnostics.length === 0) return ""
  const paint: Paint = (style, text) => (color ? `\u001B[${codes[style]}m${text}\u001B[0m` : text)
  const byFile = new Map(sources.map((source) => [source.shown, source]))
  const parts = diagnostics.map((diagnostic) =>
    renderOne(diagnostic, byFile.get(diagnostic.position.file), paint)
  )
  return `${parts.join("\n")}\n${summary(diagnostics)}\n`
}

/** `3 errors, 1 warning` */
const summary = (diagnostics: ReadonlyArray<Diagnostic>): string => {
  const count = (severity: Diagnostic["severity"]) => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length
    return found === 0 ? [] : [`${found} ${severity}${found === 1 ? "" : "s"}`]
  }
  return [...count("error"), ...count("warning")].join(", ")
}

const renderOne = (diagnostic: Diagnostic, source: Source | undefined, paint: Paint): string => {
  const { severity, message, hint } = diagnostic
  const { file, line, column } = diagnostic.position
  const style = severity === "error" ? "red" : "yellow"
  const head = `${paint("bold", `${file}:${line}:${column}`)} ${paint(style, `${severity}:`)} ${message}`
  const frame =
    source === undefined || source.text === "" ? [] : frameOf(diagnostic, source, style, paint)
  const advice = hint === undefined ? [] : [`  ${paint("cyan", "hint:")} ${hint}`]
  return [head, ...frame, ...advice, ""].join("\n")
}

const frameOf = (
  { position }: Diagnostic,
  source: Source,
  style: Style,
  paint: Paint
): ReadonlyArray<string> => {
  const { line, column, length } = position
  const last = Math.min(lineStarts(source).length, line + context)
  const first = Math.max(1, line - context)
  const digits = String(last).length
  const gutter = (text: string) => paint("blue", `${text.padStart(digits)} |`)
  const target = lineText(source, line - 1)
  const { skip } = cut(target, column)
  const lines: Array<string> = []
  for (let at = first; at <= last; at++) {
    const shown = window(lineText(source, at - 1), skip)
    // The empty line after the file's last line break is not worth a line.
    if (at > line && at === last && shown === "") continue
    lines.push(`  ${gutter(String(at))}${shown === "" ? "" : ` ${shown}`}`)
    if (at !== line) continue
    const { offset, size } = marks(target, skip, column, length)
    lines.push(`  ${gutter("")} ${" ".repeat(offset)}${paint(style, "^".repeat(size))}`)
  }
  return lines
}

/** Characters of text up to a bound: a line may have millions. */
const charactersOf = (text: string, limit: number): ReadonlyArray<string> =>
  Array.from(text.slice(0, 2 * limit)).slice(0, limit)

/** How many characters to leave out at the left, so that the place is seen. */
const cut = (text: string, column: number): { readonly skip: number } => {
  const before = charactersOf(text, column - 1)
  const columns = before.reduce((sum, character) => sum + columnsOf(character), 0)
  if (columns < width * 0.8) return { skip: 0 }
  return { skip: Math.max(0, column - 1 - Math.floor(width / 3)) }
}

const window = (text: string, skip: number): string => {
  let [shown, columns] = ["", 0]
  const characters = charactersOf(text, skip + width + 1).slice(skip)
  if (skip > 0 && characters.length > 0) [shown, columns] = ["…", 1]
  for (const character of characters) {
    columns += columnsOf(character)
    if (columns > width) return `${shown}…`
    shown += printable(character)
  }
  return shown.trimEnd()
}

const marks = (text: string, skip: number, column: number, length: number) => {
  const characters = charactersOf(text, column - 1 + length).slice(skip)
  const before = characters.slice(0, column - 1 - skip)
  const under = characters.slice(column - 1 - skip)
  const offset = before.reduce((sum, character) => sum + columnsOf(character), skip > 0 ? 1 : 0)
  const size = under.reduce((sum, character) => sum + columnsOf(character), 0)
  return { offset, size: Math.max(1, Math.min(size, width - offset)) }
}

const printable = (character: string): string => {
  if (character === "\t") return " ".repeat(tab)
  return /\p{Cc}|\p{Cf}|\p{Cs}/u.test(character) && character !== "\u200D" ? "\uFFFD" : character
}

/** Columns that a terminal gives a character. */
const columnsOf = (character: string): number => {
  if (character === "\t") return tab
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (/\p{Mn}|\p{Me}|\u200D/u.test(character)) return 0
  return isWide(code) ? 2 : 1
}

/** East Asian wide characters and emoji, by block. */
const isWide = (code: number): boolean =>
  (code >= 0x1100 && code <= 0x115f) ||
  (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0xffe0 && code <= 0xffe6) ||
  (code >= 0x1f300 && code <= 0x1faff) ||
  (code >= 0x20000 && code <= 0x3fffd)

/** Text in the columns of a terminal: how wide it is, cutting it, wrapping it, filling it up. */

// Not imported, for the reason that `parse.ts` gives.
const { stripVTControlCharacters } = process.getBuiltinModule("node:util")

const printableAscii = /^[\u0020-\u007E]*$/
/** Drawn over the character before them, or not at all. */
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
/** Two columns: East Asian wide and full-width forms, and emoji that are pictures by default. */
const wide =
  /^(?:[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F)/u

let segmenter: Intl.Segmenter | undefined
const graphemes = (text: string): Array<string> => {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

const graphemeWidth = (grapheme: string): number => {
  if (printableAscii.test(grapheme)) return grapheme.length
  const code = grapheme.codePointAt(0) ?? 0
  if (code < 32 || (code >= 127 && code < 160) || zeroWidth.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}

/** Columns that the text takes; escape sequences take none. */
export const textWidth = (text: string): number => {
  if (printableAscii.test(text)) return text.length
  let width = 0
  for (const grapheme of graphemes(stripVTControlCharacters(text))) width += graphemeWidth(grapheme)
  return width
}

/** The text without escape sequences, cut to so many columns, the last of them `…` when something is missing. */
export const truncate = (text: string, columns: number): string => {
  const plain = stripVTControlCharacters(text)
  if (textWidth(plain) <= columns) return plain
  let [kept, width] = ["", 0]
  for (const grapheme of graphemes(plain)) {
    const next = width + graphemeWidth(grapheme)
    if (next > columns - 1) break
    ;[kept, width] = [kept + grapheme, next]
  }
  return columns < 1 ? "" : `${kept}…`
}

export const padEnd = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - textWidth(text)))

export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - textWidth(text))) + text

/**
 * Breaks a paragraph between words; a word wider than the line stands alone and sticks out.
 *
 * @param indent what each line but the first starts with; `columns` counts it
 */
export const wrap = (text: string, columns: number, indent = ""): string => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(/\s+/).filter((word) => word !== "")) {
    const longer = line === "" ? (lines.length === 0 ? word : indent + word) : `${line} ${word}`
    if (line !== "" && textWidth(longer) > columns) {
      lines.push(line)
      line = indent + word
    } else line = longer
  }
  return [...lines, line].join("\n")
}

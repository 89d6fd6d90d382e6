/** Lines of a label column and a text, laid out for a terminal. */
import type { Terminal } from "./terminal.ts"
import { wrap } from "./text.ts"

/** Where the text starts in the lines of `plan/story.ts`: two spaces, and a label of twelve columns. */
const labelColumns = 14

/**
 * Wraps the text beside its label, which is painted dim.
 *
 * @param wholeDigests else they are cut to what tells them apart
 */
export const wrapLabelled = (
  line: string,
  { columns, style }: Pick<Terminal, "columns" | "style">,
  wholeDigests: boolean
): string => {
  const label = line.slice(0, labelColumns)
  const text = line
    .slice(labelColumns)
    .replaceAll(/\b[0-9a-f]{64}\b/g, (digest) => (wholeDigests ? digest : digest.slice(0, 12)))
  const inner = /^ */.exec(text)?.[0] ?? ""
  const left = " ".repeat(labelColumns) + inner
  const wrapped = wrap(text, Math.max(30, columns - left.length))
  return style.dim(label) + inner + wrapped.replaceAll("\n", `\n${left}`)
}

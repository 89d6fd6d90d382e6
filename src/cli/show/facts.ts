/** Lines of a name and what there is to say, the names in one column. */
import type { Terminal } from "../terminal.ts"
import { padEnd, textWidth, wrap } from "../text.ts"

export type Fact = readonly [name: string, text: string]

/** Facts without text are left out; long texts wrap below themselves. */
export const printFacts = (facts: ReadonlyArray<Fact>, out: Terminal, indent = "  "): void => {
  const said = facts.filter(([, text]) => text !== "")
  const width = said.reduce((most, [name]) => Math.max(most, textWidth(name)), 0)
  const hanging = " ".repeat(indent.length + width + 2)
  for (const [name, text] of said) {
    const room = Math.max(24, out.columns - hanging.length)
    const [first = "", ...rest] = text.split("\n").flatMap((line) => wrap(line, room).split("\n"))
    out.line(`${indent}${out.style.dim(padEnd(name, width))}  ${first}`)
    for (const line of rest) out.line(hanging + line)
  }
}

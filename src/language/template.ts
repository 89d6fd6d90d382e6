/** Text with `${params.x}` and `${matrix.x.y}` in it, taken apart. Names only: no expressions, no defaults, no code. */
import type { ScalarNode } from "./node.ts"
import type { Problems } from "./problems.ts"
import type { Span } from "./source.ts"

export interface Reference {
  /** `["matrix", "schedule", "kind"]` */
  readonly path: ReadonlyArray<string>
  readonly text: string
  readonly at: Span
}

export interface Template {
  /** Literal text and references, in turn. */
  readonly parts: ReadonlyArray<string | Reference>
  /** The whole text is one reference: the value keeps its type. */
  readonly whole: Reference | undefined
  /** Something in it is no reference; reported. */
  readonly broken: boolean
}

const known = new WeakMap<ScalarNode, Template | null>()

/**
 * Nothing for a value without `${`.
 *
 * Syntax errors are reported when a text is first seen, and once.
 */
export const templateOf = (node: ScalarNode, problems: Problems): Template | undefined => {
  if (typeof node.value !== "string" || !node.value.includes("${")) return undefined
  let template = known.get(node)
  if (template === undefined) {
    template = parse(node, node.value, problems)
    known.set(node, template)
  }
  return template ?? undefined
}

const pathForm = /^[A-Za-z_][\w-]*(?:\.[\w-]+)*$/

const parse = (node: ScalarNode, text: string, problems: Problems): Template => {
  const parts: Array<string | Reference> = []
  let [literal, index, from, broken] = ["", 0, node.start, false]
  const fail = (code: string, at: Span, message: string, hint: string) => {
    problems.error(code, at, message, hint)
    broken = true
  }
  for (;;) {
    const open = text.indexOf("${", index)
    if (open < 0) break
    if (text[open - 1] === "$" && open - 1 >= index) {
      literal += `${text.slice(index, open - 1)}\${`
      index = open + 2
      continue
    }
    literal += text.slice(index, open)
    const close = text.indexOf("}", open)
    if (close < 0) {
      fail(
        "interpolation",
        locate(node, "${", from),
        "this `${` is never closed",
        "write `${params.name}`; `$${` stands for a plain `${`"
      )
      index = text.length
      break
    }
    const written = text.slice(open, close + 1)
    const at = locate(node, written, from)
    from = at.end
    const inner = written.slice(2, -1)
    const path = inner.trim().split(".")
    if (!pathForm.test(inner.trim())) {
      fail(
        "interpolation",
        at,
        `\`${shorten(written)}\` is not a name: only \`\${params.NAME}\` and \`\${matrix.AXIS}\` can be filled in`,
        "there are no expressions; `$${` stands for a plain `${`"
      )
    } else if (inner !== inner.trim()) {
      fail(
        "interpolation",
        at,
        `\`${shorten(written)}\` has spaces inside`,
        `write \`\${${inner.trim()}}\``
      )
    } else {
      if (literal !== "") parts.push(literal)
      literal = ""
      parts.push({ path, text: written, at })
    }
    index = close + 1
  }
  literal += text.slice(index)
  if (literal !== "") parts.push(literal)
  const [first] = parts
  const whole = !broken && parts.length === 1 && typeof first === "object" ? first : undefined
  return { parts, whole, broken }
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 57)}…}` : text)

/** Where a part of a value stands in the source; the whole value where escapes or folding make that unclear. */
const locate = (node: ScalarNode, text: string, from: number): Span => {
  const start = node.source.text.indexOf(text, from)
  return start < 0 || start + text.length > node.end
    ? node
    : { source: node.source, start, end: start + text.length }
}

/**
 * YAML text → nodes with positions, or its syntax errors.
 *
 * YAML 1.2 core schema by the `yaml` package, with limits on size, depth and alias expansion. One liberty: `${a.b}` may
 * stand unquoted inside brackets, where YAML would end the text at `{`.
 */
import { isAlias, isMap, isScalar, isSeq, type Node as YamlNode } from "yaml"
import { type At, composeYaml, maxDepth } from "./compose-yaml.ts"
import { type Entry, type Node, quote, type ScalarNode } from "./node.ts"
import type { Problems } from "./problems.ts"
import { placeOf, startOf, type Source, type Span } from "./source.ts"
import { hasLeadingZero } from "./yaml-11.ts"

/** Counted with every alias written out. */
const maxNodes = 1_000_000

/**
 * @param offset where `text` starts in its source, when it is a part of it
 * @returns nothing when the text has syntax errors, or no content
 */
export const parseYaml = (
  source: Source,
  problems: Problems,
  text = source.text,
  offset = 0
): Node | undefined => {
  const [open, close] = unusedCharacters(text)
  if (open === undefined || close === undefined) {
    problems.error(
      "encoding",
      startOf(source),
      "this is not text that a person wrote",
      "it holds all of Unicode's private characters"
    )
    return undefined
  }
  const hidden = text.replace(interpolations, (found) => `$${open}${found.slice(2, -1)}${close}`)
  const at = (start: number, end: number): Span => ({
    source,
    start: offset + Math.max(0, Math.min(start, text.length)),
    end: offset + Math.min(Math.max(end, start), text.length)
  })
  const contents = composeYaml(hidden, at, problems)?.contents
  if (contents === undefined || contents === null) return undefined
  const restore = (value: string) => value.replaceAll(open, "{").replaceAll(close, "}")
  return convert(contents, { at, problems, restore, source: text })
}

/** Not across braces, brackets, quotes or commas: those are YAML's own. */
const interpolations = /\$\{[^{}[\],"'#\r\n]{0,500}\}/g

/** Two characters that the text does not hold, of one code unit each so that positions stay. */
const unusedCharacters = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let code = 0xe000; code < 0xf8ff && found.length < 2; code++) {
    const character = String.fromCharCode(code)
    if (!text.includes(character)) found.push(character)
  }
  return found
}

interface Conversion {
  readonly at: At
  readonly problems: Problems
  readonly restore: (text: string) => string
  readonly source: string
}

interface Sized {
  readonly node: Node
  readonly size: number
}

const knownTags = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`)
)

const convert = (
  root: YamlNode,
  { at, problems, restore, source }: Conversion
): Node | undefined => {
  const anchors = new Map<string, Sized | "open">()
  const spanOf = (node: YamlNode): Span => {
    const [start, end] = node.range ?? [0, 0]
    return at(start, end)
  }

  const visit = (node: YamlNode, depth: number): Sized => {
    const span = spanOf(node)
    const empty: Sized = {
      node: { kind: "scalar", value: null, text: "", plain: true, faulty: true, ...span },
      size: 1
    }
    if (depth > maxDepth) {
      problems.error("too-deep", span, `this is nested more than ${maxDepth} levels deep`)
      return empty
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target === undefined) {
        problems.error(
          "alias",
          span,
          `there is no anchor \`&${node.source}\` before this alias`,
          "an alias repeats what stands at `&name` earlier in the same file; text that starts with `*` needs quotes"
        )
        return empty
      }
      if (target === "open") {
        problems.error("alias", span, `the anchor \`&${node.source}\` would contain itself`)
        return empty
      }
      return target
    }
    const anchor = (node as { readonly anchor?: string }).anchor
    if (anchor !== undefined) anchors.set(anchor, "open")
    const result = withoutAlias(node, span, depth)
    if (anchor !== undefined) anchors.set(anchor, result)
    return result
  }

  const withoutAlias = (node: YamlNode, span: Span, depth: number): Sized => {
    const { tag } = node as { readonly tag?: string }
    if (tag !== undefined && !knownTags.has(tag)) {
      problems.error(
        "tag",
        span,
        `tags such as ${quote(tag)} have no meaning in a pipeline`,
        "remove the tag; text that starts with `!` needs quotes"
      )
    }
    if (isMap(node)) {
      const entries = new Map<string, Entry>()
      let size = 1
      for (const pair of node.items) {
        const key = keyOf(pair.key as YamlNode | null, span)
        if (key === undefined) continue
        const value = pair.value as YamlNode | null
        const sized = visitValue(value, key.at, depth + 1)
        size += sized.size
        if (grown(size, value === null ? key.at : spanOf(value))) break
        const earlier = entries.get(key.text)
        if (earlier === undefined) entries.set(key.text, { key: key.at, value: sized.node })
        else {
          problems.error(
            "duplicate-key",
            key.at,
            `the key ${quote(key.text)} is already given in this map`,
            `it is first given at ${placeOf(earlier.key)}`
          )
        }
      }
      return { node: { kind: "map", entries, ...span }, size }
    }
    if (isSeq(node)) {
      const items: Array<Node> = []
      let size = 1
      for (const item of node.items) {
        const sized = visit(item as YamlNode, depth + 1)
        size += sized.size
        if (grown(size, spanOf(item as YamlNode))) break
        items.push(sized.node)
      }
      return { node: { kind: "list", items, ...span }, size }
    }
    return { node: scalar(node, span), size: 1 }
  }

  /** A value that is not there stands where its key does. */
  const visitValue = (value: YamlNode | null, key: Span, depth: number): Sized => {
    if (value === null) return { node: nothingAfter(key), size: 1 }
    const sized = visit(value, depth)
    const { node } = sized
    const absent = node.kind === "scalar" && node.plain && node.text === "" && node.faulty !== true
    return absent ? { node: nothingAfter(key), size: 1 } : sized
  }

  let full = false
  const grown = (size: number, span: Span): boolean => {
    if (size <= maxNodes) return false
    if (!full) {
      problems.error(
        "alias-explosion",
        span,
        "written out, this file holds more than a million values",
        "aliases that repeat aliases multiply; write the values down once, as `params`"
      )
    }
    full = true
    return true
  }

  const nothingAfter = (key: Span): ScalarNode => ({
    kind: "scalar",
    value: null,
    text: "",
    plain: true,
    source: key.source,
    start: key.start,
    end: key.end
  })

  const keyOf = (
    key: YamlNode | null,
    map: Span
  ): { readonly text: string; readonly at: Span } | undefined => {
    if (key === null) {
      problems.error("bad-key", { ...map, end: map.start }, "a key is missing before the colon")
      return undefined
    }
    const span = spanOf(key)
    if (!isScalar(key)) {
      problems.error(
        "bad-key",
        span,
        "a key must be a word",
        "text that starts with `{`, `[` or `*` needs quotes"
      )
      return undefined
    }
    const plain = key.type === "PLAIN"
    const text = restore(plain ? (key.source ?? "") : String(key.value))
    const fault =
      text === ""
        ? "a key is missing before the colon"
        : text === "__proto__"
          ? "`__proto__` cannot be a key"
          : plain && text === "<<"
            ? "YAML 1.2 has no merge key `<<`"
            : undefined
    if (fault !== undefined) {
      const hint = text === "<<" ? "repeat the keys, or use `extends` for another file" : undefined
      problems.error("bad-key", span, fault, hint)
      return undefined
    }
    return { text, at: span }
  }

  const scalar = (node: YamlNode, span: Span): ScalarNode => {
    if (!isScalar(node)) throw new TypeError(`unexpected YAML node ${node.constructor.name}`)
    const plain = node.type === "PLAIN"
    const raw = node.value as null | boolean | number | string
    const text = restore(plain ? (node.source ?? "") : String(raw ?? ""))
    const value = typeof raw === "string" ? restore(raw) : raw
    if (typeof value === "number") checkNumber(value, text, span)
    const faulty =
      typeof value === "number" && !isExact(value, text) ? { faulty: true as const } : {}
    if (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" || plain) {
      return { kind: "scalar", value, text, plain, ...faulty, ...span }
    }
    // A block's span includes its header and last line break; point at the header's line.
    return {
      kind: "scalar",
      value,
      text,
      plain,
      ...span,
      end: Math.max(span.start + 1, span.start + firstLine(span))
    }
  }

  const firstLine = (span: Span) => {
    const rest = span.source.text.slice(span.start, span.end)
    const end = rest.search(/[\r\n]/)
    return end < 0 ? rest.length : end
  }

  /** Finite, and for whole numbers the number that is written. */
  const isExact = (value: number, text: string) =>
    Number.isFinite(value) &&
    (Number.isSafeInteger(value) || !/^(?:[-+]?\d+|0[xo][\da-fA-F]+)$/.test(text))

  const checkNumber = (value: number, text: string, span: Span) => {
    if (!Number.isFinite(value)) {
      problems.error(
        "not-finite",
        span,
        `${quote(text)} is no finite number`,
        "put it into quotes if you mean the text"
      )
    } else if (hasLeadingZero(text)) {
      problems.warning(
        "leading-zero",
        span,
        `${quote(text)} is read as the decimal number ${value}`,
        `YAML 1.2 has no octal numbers with a leading zero; write \`${value}\`, or \`0o…\` for octal, or use quotes`
      )
    } else if (!isExact(value, text)) {
      problems.error(
        "inexact-number",
        span,
        `${quote(text)} is too large to be held exactly: it would be read as ${BigInt(value)}`,
        "numbers are exact up to 9007199254740991; use quotes if you mean text"
      )
    }
  }

  if (source.trim() === "") return undefined
  return visit(root, 0).node
}

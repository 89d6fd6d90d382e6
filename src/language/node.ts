/** A YAML text as data with positions: what the rest of the language reads, merges and overrides. Immutable. */
import type { Source, Span } from "./source.ts"

export type Node = ScalarNode | MapNode | ListNode

export interface ScalarNode extends Span {
  readonly kind: "scalar"
  readonly value: null | boolean | number | string
  /** As it stands in the text; for quoted and block text the value itself. */
  readonly text: string
  /** Neither quoted nor a block: its type was guessed from its text. */
  readonly plain: boolean
  /** It is no usable value, which is reported: nothing more is said about it. */
  readonly faulty?: true
}

export interface MapNode extends Span {
  readonly kind: "map"
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly key: Span
  readonly value: Node
}

export interface ListNode extends Span {
  readonly kind: "list"
  readonly items: ReadonlyArray<Node>
}

export const isNull = (node: Node): boolean => node.kind === "scalar" && node.value === null

export const emptyMap = (source: Source): MapNode => ({
  kind: "map",
  source,
  start: 0,
  end: 0,
  entries: new Map()
})

/** The text when the node is text. */
export const textOf = (node: Node): string | undefined =>
  node.kind === "scalar" && typeof node.value === "string" ? node.value : undefined

const longestQuote = 40

/** What stands there, for "but it is …". */
export const describeNode = (node: Node): string => {
  if (node.kind === "map") return "a map"
  if (node.kind === "list") return "a list"
  return describeScalar(node.value)
}

export const describeScalar = (value: null | boolean | number | string): string => {
  if (value === null) return "empty"
  if (typeof value === "string") return value === "" ? "empty text" : `the text ${quote(value)}`
  return typeof value === "number" ? `the number ${value}` : `\`${value}\``
}

/** Text of the user's in a message: on one line, and not endless. */
export const quote = (text: string): string => {
  const line = text
    .slice(0, 4 * longestQuote)
    .replace(/\s+/g, " ")
    .replace(/\p{C}/gu, "\uFFFD")
  return line.length > longestQuote ? `\`${line.slice(0, longestQuote)}…\`` : `\`${line}\``
}

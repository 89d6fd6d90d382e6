/** Texts that diagnostics point into: files, and what was typed on the command line. */
import type { Position } from "./diagnostic.ts"

export interface Source {
  /** Absolute; `--set` or `--params` for the command line. */
  readonly path: string
  /** Relative to the working directory, as messages show it. */
  readonly shown: string
  readonly text: string
}

/** A stretch of a source, in UTF-16 code units from its start; `end` is exclusive. */
export interface Span {
  readonly source: Source
  readonly start: number
  readonly end: number
}

/** The `--set` texts of one call, one a line. */
export const setPath = "--set"
export const paramsPath = "--params"

export const isCommandLine = (source: Source): boolean =>
  source.path === setPath || source.path === paramsPath

const starts = new WeakMap<Source, ReadonlyArray<number>>()

/** Where each line starts. `\n`, `\r\n` and a lone `\r` end a line, as in YAML. */
export const lineStarts = (source: Source): ReadonlyArray<number> => {
  const known = starts.get(source)
  if (known !== undefined) return known
  const found = [0]
  const { text } = source
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) found.push(index + 1)
  }
  starts.set(source, found)
  return found
}

/** The text of a line (0-based) without its line break. */
export const lineText = (source: Source, line: number): string => {
  const all = lineStarts(source)
  const end = all[line + 1] ?? source.text.length
  return source.text.slice(all[line] ?? end, end).replace(/[\r\n]+$/, "")
}

/** The line (0-based) that holds an offset. */
export const lineAt = (source: Source, offset: number): number => {
  const all = lineStarts(source)
  let [low, high] = [0, all.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((all[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Line and column count characters, not code units; a span of several lines is underlined on its first. */
export const positionOf = ({ source, start, end }: Span): Position => {
  const line = lineAt(source, start)
  const lineStart = lineStarts(source)[line] ?? 0
  const text = lineText(source, line)
  const from = Math.min(start - lineStart, text.length)
  const to = Math.min(end - lineStart, text.length)
  return {
    file: source.shown,
    line: line + 1,
    column: characters(text.slice(0, from)) + 1,
    length: Math.max(1, characters(text.slice(from, to).trimEnd()))
  }
}

/** Beyond this a line is no text that a person counts in. */
const longestCounted = 20_000

const characters = (text: string): number => {
  if (text.length > longestCounted) return text.length
  let count = 0
  for (const _ of text) count++
  return count
}

/** `pipelines/x.yaml:4:7`, for a place that a hint mentions. */
export const placeOf = (span: Span): string => {
  const { file, line, column } = positionOf(span)
  return `${file}:${line}:${column}`
}

export const startOf = (source: Source): Span => ({ source, start: 0, end: 0 })

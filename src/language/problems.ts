/** Collects diagnostics: each cause once, in the order of files and positions. */
import type { Diagnostic } from "./diagnostic.ts"
import { positionOf, type Source, type Span } from "./source.ts"

export interface Problems {
  readonly error: (code: string, at: Span, message: string, hint?: string) => void
  readonly warning: (code: string, at: Span, message: string, hint?: string) => void
  readonly errorCount: () => number
  /** Sorted: the command line, then files in the order in which they were read, then positions. */
  readonly list: (order: ReadonlyArray<Source>) => ReadonlyArray<Diagnostic>
}

/** More would be noise, and a hostile file could make millions. */
const limit = 1000

export const collectProblems = (): Problems => {
  const found = new Map<string, { readonly at: Span; readonly diagnostic: Diagnostic }>()
  let errors = 0
  const add = (
    severity: Diagnostic["severity"],
    code: string,
    at: Span,
    message: string,
    hint: string | undefined
  ) => {
    if (severity === "error") errors++
    if (found.size >= limit) return
    const key = `${at.source.path}\n${at.start}\n${message}`
    if (found.has(key)) return
    const diagnostic = {
      severity,
      code,
      message,
      position: positionOf(at),
      ...(hint === undefined ? {} : { hint })
    }
    found.set(key, { at, diagnostic })
  }
  return {
    error: (code, at, message, hint) => add("error", code, at, message, hint),
    warning: (code, at, message, hint) => add("warning", code, at, message, hint),
    errorCount: () => errors,
    list: (order) => {
      const rank = new Map(order.map((source, index) => [source.path, index]))
      return [...found.values()]
        .toSorted(
          (a, b) =>
            (rank.get(a.at.source.path) ?? 0) - (rank.get(b.at.source.path) ?? 0) ||
            a.at.start - b.at.start
        )
        .map(({ diagnostic }) => diagnostic)
    }
  }
}

/** What is wrong with a pipeline, where, and how to mend it. */

export interface Position {
  /** The path to show: relative to the working directory, or `--set` / `--params` for the command line. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in characters. */
  readonly column: number
  /** Characters to underline, at least 1. */
  readonly length: number
}

export interface Diagnostic {
  readonly severity: "error" | "warning"
  /** Stable name for tools, such as `unknown-stage`. */
  readonly code: string
  /** One sentence, no full stop. */
  readonly message: string
  readonly position: Position
  readonly hint?: string
}

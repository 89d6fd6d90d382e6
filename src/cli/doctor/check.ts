/** What `ablate doctor` finds: one line each, in groups, and what to do where something is wrong. */

export type Status = "ok" | "note" | "warning" | "problem"

export interface Finding {
  /** Stable name for programs, `node`, `disk-space`. */
  readonly name: string
  /** `warning`: runs work, but not as well as they could. `problem`: runs fail. */
  readonly status: Status
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

export interface FindingGroup {
  readonly title: string
  readonly findings: ReadonlyArray<Finding>
}

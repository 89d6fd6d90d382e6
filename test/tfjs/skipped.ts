/**
 * Specs that a backend is known to fail. The list is to shrink; a wrong number is never hidden behind it.
 *
 * They are run all the same, and the report says which of them pass now and can be taken off.
 */
export interface Skip {
  /** Part of the spec's name, as the report prints it, such as `ops/conv2d: conv2d x=[1,4,4,1]`. */
  readonly pattern: string
  /** Why this backend cannot pass it, in one sentence. */
  readonly reason: string
  /** Set when running the spec would hang or end the process: it is then left out of the run. */
  readonly neverRun?: true
}

/** By the name of the backend. */
const skippedBy: Readonly<Record<string, ReadonlyArray<Skip>>> = {
  "cpu-copy": [],
  onnx: []
}

/** @returns the list of one backend; empty for one that has none */
export const skippedFor = (backend: string): ReadonlyArray<Skip> => skippedBy[backend] ?? []

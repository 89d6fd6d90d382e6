/** What a run amounts to, once the list of skipped specs is laid over it. */
import { familyOfFile, familyOfKernel } from "./families.ts"
import { type Outcome, type SpecRun } from "./run-specs.ts"
import { type Skip } from "./skipped.ts"

export interface FamilyRow {
  readonly family: string
  readonly specs: number
  readonly failed: number
  /** Kernels of any family that the failed specs asked for in vain, most wanted first. */
  readonly missing: ReadonlyArray<string>
}

export interface Summary {
  /** Specs that ran, or would have if they were not too dangerous to run. */
  readonly specs: number
  readonly passed: number
  readonly failed: ReadonlyArray<Outcome>
  /** On the list; they failed, or were not run. */
  readonly skipped: number
  /** Not run because TensorFlow.js itself has switched them off. */
  readonly pending: number
  /** On the list, but they pass. */
  readonly recovered: ReadonlyArray<Outcome>
  /** Entries of the list that are about no spec; empty when only part of the suite ran. */
  readonly idle: ReadonlyArray<Skip>
  readonly errors: ReadonlyArray<string>
  /** Share of the specs that passed, from 0 to 1; those skipped or recovered count as specs, those pending do not. */
  readonly passRate: number
  readonly families: ReadonlyArray<FamilyRow>
}

/** @param isWhole whether all of the suite was asked for, so that an entry that is about no spec is out of date */
export const summarise = (run: SpecRun, skips: ReadonlyArray<Skip>, isWhole: boolean): Summary => {
  const isListed = (name: string) => skips.some(({ pattern }) => name.includes(pattern))
  const counted = run.outcomes.filter(({ status }) => status !== "pending")
  const passing = counted.filter(({ status }) => status === "passed")
  const failed = counted.filter(({ name, status }) => status === "failed" && !isListed(name))
  const recovered = passing.filter(({ name }) => isListed(name))
  return {
    specs: counted.length,
    passed: passing.length,
    failed,
    skipped: counted.length - passing.length - failed.length,
    pending: run.outcomes.length - counted.length,
    recovered,
    idle: isWhole
      ? skips.filter((skip) => !run.outcomes.some(({ name }) => name.includes(skip.pattern)))
      : [],
    errors: run.errors,
    passRate: counted.length === 0 ? 0 : passing.length / counted.length,
    families: familyRows(counted, failed)
  }
}

/** A failed spec counts for the family of the kernel that it misses, else of the file it is in. */
const familyRows = (
  counted: ReadonlyArray<Outcome>,
  failed: ReadonlyArray<Outcome>
): ReadonlyArray<FamilyRow> => {
  const rows = new Map<string, { specs: number; failed: number; missing: Map<string, number> }>()
  const rowOf = (family: string) => {
    const row = rows.get(family) ?? { specs: 0, failed: 0, missing: new Map<string, number>() }
    rows.set(family, row)
    return row
  }
  for (const outcome of counted) rowOf(familyOfFile(outcome.file)).specs += 1
  for (const outcome of failed) {
    const kernels = missingKernels(outcome)
    const row = rowOf(familyOfKernel(kernels[0] ?? "") ?? familyOfFile(outcome.file))
    row.failed += 1
    for (const kernel of kernels) row.missing.set(kernel, (row.missing.get(kernel) ?? 0) + 1)
  }
  return [...rows]
    .map(([family, row]) => ({
      family,
      specs: row.specs,
      failed: row.failed,
      missing: byCount(row.missing).map(([kernel]) => kernel)
    }))
    .toSorted((a, b) => b.failed - a.failed || b.specs - a.specs)
}

/** Kernels that a failed spec asked for and the backend does not have, by tfjs-core's own message. */
export const missingKernels = ({ messages }: Outcome): ReadonlyArray<string> => [
  ...new Set(
    messages.flatMap((message) =>
      [...message.matchAll(/Kernel '(\w+)' not registered for backend/g)].map(([, name]) => name!)
    )
  )
]

/** Most frequent first; equal counts by name. */
export const byCount = (
  counts: ReadonlyMap<string, number>
): ReadonlyArray<readonly [string, number]> =>
  [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))

/** Whether the run is to be called a success. A run of nothing is not: the filter is then misspelt. */
export const isGood = (summary: Summary, strict: boolean): boolean =>
  summary.specs > 0 &&
  summary.failed.length === 0 &&
  summary.errors.length === 0 &&
  !(strict && (summary.recovered.length > 0 || summary.idle.length > 0))

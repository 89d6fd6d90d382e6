/** A summary as text. */
import { type Outcome } from "./run-specs.ts"
import { byCount, missingKernels, type Summary } from "./summary.ts"

/** @param atMost how many failed specs and errors are told in full */
export const reportOf = (summary: Summary, atMost: number): string =>
  [
    ...listOf("Failed", summary.failed.map(tellOf), atMost),
    ...listOf("Errors outside of specs", summary.errors, atMost),
    ...familyTable(summary),
    ...listOf(
      "Pass now; can be taken off the list of skipped specs",
      summary.recovered.map(({ name }) => name),
      atMost
    ),
    ...listOf(
      "On the list of skipped specs, but about none",
      summary.idle.map(({ pattern }) => pattern),
      atMost
    )
  ].join("\n")

/** The last line of a run, for people and for tests. */
export const closingLine = (summary: Summary, seconds: number): string => {
  const { failed, passRate, passed, pending, skipped, specs } = summary
  return (
    `${specs} specs: ${passed} passed, ${failed.length} failed, ${skipped} skipped by list, ` +
    `${pending} pending in TensorFlow.js; pass rate ${percent(passRate)}; ${seconds.toFixed(1)} s`
  )
}

/** Which kernels are missing, how many failed specs want each, and which those are. */
export const missingReport = (summary: Summary): string => {
  const wanted = new Map<string, Array<string>>()
  for (const outcome of summary.failed) {
    for (const kernel of missingKernels(outcome)) {
      wanted.set(kernel, [...(wanted.get(kernel) ?? []), outcome.name])
    }
  }
  const counts = new Map([...wanted].map(([kernel, names]) => [kernel, names.length]))
  return byCount(counts)
    .map(([kernel, count]) =>
      [`${kernel}: missing in ${count} failed specs`, ...wanted.get(kernel)!].join("\n  ")
    )
    .join("\n")
}

/** Rounded down, so that only a full house is 100 %. */
const percent = (share: number) => `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`

const tellOf = ({ messages, name }: Outcome) =>
  [
    name,
    ...messages
      .slice(0, 3)
      .map((message) => `    ${message.slice(0, 400).replaceAll("\n", "\n    ")}`)
  ].join("\n")

const listOf = (title: string, items: ReadonlyArray<string>, atMost: number) => {
  if (items.length === 0) return []
  const rest = items.length - atMost
  return [
    `${title} (${items.length}):`,
    ...items.slice(0, atMost).map((item) => `  ${item}`),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
    ""
  ]
}

const familyTable = ({ failed, families }: Summary) => {
  if (failed.length === 0) return []
  const rows = families
    .filter((row) => row.failed > 0)
    .map((row) => [row.family, `${row.specs}`, `${row.failed}`, row.missing.join(" ")])
  const table = [["family", "specs", "failed", "missing kernels"], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)))
  return [
    ...table.map(([family, specs, failures, missing]) =>
      [
        family!.padEnd(widths[0]!),
        specs!.padStart(widths[1]!),
        failures!.padStart(widths[2]!),
        missing
      ]
        .join("  ")
        .trimEnd()
    ),
    ""
  ]
}

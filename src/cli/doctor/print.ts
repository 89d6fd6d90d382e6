/** Findings as lines with a mark each; hints below what they mend. */
import type { Terminal } from "../terminal.ts"
import { wrap } from "../text.ts"
import { count } from "../format.ts"
import type { Finding, FindingGroup, Status } from "./check.ts"

const marks: Readonly<Record<Status, string>> = { ok: "✓", note: "·", warning: "!", problem: "✗" }

export const printFindings = (groups: ReadonlyArray<FindingGroup>, out: Terminal): void => {
  const { style } = out
  const paint: Readonly<Record<Status, (text: string) => string>> = {
    ok: style.green,
    note: style.dim,
    warning: style.yellow,
    problem: style.red
  }
  for (const { title, findings } of groups) {
    out.line(style.bold(title))
    for (const { status, text, hint } of findings) {
      out.line(`  ${paint[status](marks[status])} ${wrap(text, out.columns - 4, "    ")}`)
      if (hint !== undefined) out.line(style.dim(`    ${wrap(hint, out.columns - 4, "    ")}`))
    }
    out.line()
  }
  out.line(
    verdict(
      groups.flatMap(({ findings }) => findings),
      out
    )
  )
}

const verdict = (findings: ReadonlyArray<Finding>, { style }: Terminal): string => {
  const number = (status: Status) => findings.filter((finding) => finding.status === status).length
  const [problems, warnings] = [number("problem"), number("warning")]
  if (problems > 0)
    return style.red(`${count(problems, "problem")}: runs will fail until they are mended`)
  if (warnings > 0) return style.yellow(`${count(warnings, "warning")}; runs work`)
  return style.green("all well")
}

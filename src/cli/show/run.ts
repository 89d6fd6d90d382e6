/** One run: what it was asked, what it came to, and the results of its stages. */
import { partOf } from "../../plan/instance-name.ts"
import type { RunManifest, RunRecord } from "../../store/run-record.ts"
import type { History } from "../what/history.ts"
import { ago, count, duration, list } from "../format.ts"
import { partsText } from "../run-report.ts"
import { table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import { printFacts } from "./facts.ts"
import { paramsText } from "./print-value.ts"
import { type FailureReport, failuresOf } from "./run-failures.ts"

export interface RunReport {
  readonly run: RunRecord
  readonly tags: ReadonlyArray<string>
  readonly instances: RunManifest["instances"]
  readonly failures: ReadonlyArray<FailureReport>
  /** Its events and the logs of its stages. */
  readonly folder: string
}

export const loadRun = (history: History, run: RunRecord): RunReport => ({
  run,
  tags: history.store.roots.tags().flatMap((tag) => (tag.run === run.name ? [tag.tag] : [])),
  instances: history.manifest(run)?.instances ?? [],
  failures: run.counts.failed > 0 ? failuresOf(history, run) : [],
  folder: history.store.runs.folder(run.name)
})

export const printRun = (report: RunReport, out: Terminal, verbose: boolean): void => {
  const { run, tags, failures, folder } = report
  const { style } = out
  const paint = {
    done: style.green,
    running: style.cyan,
    failed: style.red,
    interrupted: style.yellow
  }
  out.line(`${style.bold(run.name)}  ${run.pipeline}  ${paint[run.state](run.state)}`)
  const took =
    run.finishedAt === undefined
      ? ""
      : ` and took ${duration((Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000)}`
  const { failed, known, ran, skipped, total } = run.counts
  const counts = [
    `${known} known`,
    `${ran} ran`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : [])
  ]
  printFacts(
    [
      ["pipeline", run.file],
      ["started", `${ago(new Date(run.startedAt), new Date())}${took}`],
      ["stages", `${total}: ${counts.join(", ")}${partsText(run.counts)}`],
      ["set", run.set.join(" ")],
      ["params", paramsText(run.params)],
      ["tags", tags.join(", ")],
      ["logs", verbose || failed > 0 ? folder : ""]
    ],
    out
  )
  for (const { id, message, log } of failures) {
    out.line()
    out.line(`  ${style.red("✗")} ${style.bold(id)}  ${message.split("\n", 1)[0]}`)
    out.line(`    ${style.dim(log)}`)
  }
  printInstances(report, out, verbose)
}

/** Instances beyond these are only counted, unless all are asked for. */
const instancesShown = 40

const printInstances = ({ instances }: RunReport, out: Terminal, verbose: boolean): void => {
  const { style } = out
  // How a stage was made step by step is seldom what somebody wants to see of a whole run.
  const whole = instances.filter(({ id }) => partOf(id) === undefined)
  const parts = instances.length - whole.length
  const shown = verbose ? instances : whole.slice(0, instancesShown)
  const rows = shown.flatMap(({ id, outputs }) => {
    const ports = Object.entries(outputs ?? {})
    return ports.length === 0
      ? [[id, "no result", ""]]
      : ports.map(([port, { type, digest }], index) => [
          index === 0 || ports.length === 1 ? `${id}.${port}` : `${" ".repeat(id.length)}.${port}`,
          type,
          digest.slice(0, 12)
        ])
  })
  if (rows.length === 0) return
  out.line()
  const columns = [
    { head: "result" },
    { head: "type", flexible: true },
    { head: "value", paint: style.dim }
  ]
  for (const line of table(columns, rows, out, "  ")) out.line(line)
  if (verbose) return
  const more = [
    ...(whole.length > shown.length
      ? [count(whole.length - shown.length, "more stage", "more stages")]
      : []),
    ...(parts > 0 ? [count(parts, "part of a stage", "parts of stages")] : [])
  ]
  if (more.length > 0) out.line(style.dim(`  and ${list(more)}; -v shows all`))
}

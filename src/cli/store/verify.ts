/** What verification found, whom it affects, and how to mend it. */
import type { Store } from "../../store/store.ts"
import { type Damage, verifyStore, type VerifyReport } from "../../store/verify.ts"
import type { CommandContext } from "../command.ts"
import { bytes, count, list } from "../format.ts"
import type { Terminal } from "../terminal.ts"

/** With a line that counts up where a person is looking. */
export const verifyWithProgress = (
  store: Store,
  { err, quiet }: Pick<CommandContext, "err" | "quiet">
): Promise<VerifyReport> => {
  if (quiet || !err.interactive) return verifyStore(store)
  const clear = "\r\u001B[K"
  return verifyStore(store, {
    onProgress: ({ bytes: done, totalBytes }) => {
      const share = totalBytes === 0 ? 1 : done / totalBytes
      err.write(`${clear}${bytes(done)} of ${bytes(totalBytes)}  ${Math.round(share * 100)} %`)
    }
  }).finally(() => err.write(clear))
}

/** Commands that make again what was damaged: each pipeline that had it in a run, once. */
export const repairsFor = (store: Store, report: VerifyReport): ReadonlyArray<string> => {
  const runs = new Set(report.damaged.flatMap(({ runs }) => runs.map(({ run }) => run)))
  const files = [...runs].flatMap((name) => store.runs.get(name)?.file ?? [])
  return [...new Set(files)].map((file) => `ablate run ${file}`)
}

export const printVerify = (
  report: VerifyReport,
  repairs: ReadonlyArray<string>,
  out: Terminal,
  verbose: boolean
): void => {
  const { style } = out
  const { actions, blobs, clean, damaged, runs, values } = report
  const looked = [
    `${count(blobs.count, "file")} (${bytes(blobs.bytes)})`,
    count(actions, "result"),
    count(values, "value"),
    count(runs, "run")
  ]
  out.line(`${clean ? style.green("✓") : style.red("✗")} looked at ${list(looked)}`)
  if (clean) {
    out.line("  all are what their names say")
    return
  }
  for (const damage of damaged) printDamage(damage, out, verbose)
  printNames("results of stages that could not be read; removed", report.brokenActions, out)
  printNames("values that are no values", report.brokenValues, out)
  printNames("runs without a readable summary", report.brokenRuns, out)
  printNames("files that no store makes", report.strangers, out)
  out.line()
  if (repairs.length > 0) {
    out.line("to make the lost results again:")
    for (const line of repairs) out.line(`  ${style.cyan(line)}`)
  } else {
    out.line("no run needs what was damaged; `ablate store gc` clears the rest away")
  }
}

const problems = {
  corrupt: "its content is not what it was",
  missing: "it is named by a result, but is not there",
  unreadable: "the disk does not give it"
} as const

const printDamage = (damage: Damage, out: Terminal, verbose: boolean): void => {
  const { style } = out
  out.line()
  out.line(`${style.bold(damage.digest.slice(0, 16))}  ${problems[damage.problem]}`)
  if (damage.quarantined !== undefined) out.line(style.dim(`  set aside as ${damage.quarantined}`))
  const most = verbose ? undefined : 4
  if (damage.actions.length > 0) {
    const uses = [...new Set(damage.actions.map(({ uses }) => uses))]
    out.line(`  made by ${list(uses, most)}`)
  }
  for (const { run, instances } of verbose ? damage.runs : damage.runs.slice(0, 4)) {
    out.line(`  ${run}: ${instances.length === 0 ? "its list of results" : list(instances, most)}`)
  }
  const more = damage.runs.length - 4
  if (!verbose && more > 0) out.line(style.dim(`  and ${count(more, "older run")}`))
}

const printNames = (what: string, names: ReadonlyArray<string>, out: Terminal): void => {
  if (names.length === 0) return
  out.line()
  out.line(`${what}:`)
  for (const name of names.slice(0, 8)) out.line(`  ${name}`)
  if (names.length > 8) out.line(out.style.dim(`  and ${names.length - 8} more`))
}

/** What garbage collection removed, or would remove. */
import type { GcReport } from "../../store/gc.ts"
import { bytes, count, grouped, list } from "../format.ts"
import { table } from "../table.ts"
import type { Terminal } from "../terminal.ts"

const names: { readonly [kind in keyof GcReport["freed"]]: string } = {
  runs: "runs",
  actions: "results of stages",
  blobs: "files of values",
  code: "descriptions of code",
  temporaries: "temporary files",
  claims: "claims of dead processes",
  quarantined: "damaged files"
}

export const printGc = (report: GcReport, keep: number, out: Terminal, verbose: boolean): void => {
  const { style } = out
  const { dryRun, freed, freedBytes, kept, runs, young } = report
  const kinds = Object.keys(names) as ReadonlyArray<keyof GcReport["freed"]>
  const rows = kinds.flatMap((kind) => {
    const gone = freed[kind]
    const stays = kind in kept ? kept[kind as keyof GcReport["kept"]] : undefined
    if (gone.count === 0 && (stays?.count ?? 0) === 0) return []
    return [
      [
        names[kind],
        grouped(gone.count),
        bytes(gone.bytes),
        stays === undefined ? "" : grouped(stays.count),
        stays === undefined ? "" : bytes(stays.bytes)
      ]
    ]
  })
  const right = { align: "right" as const }
  const columns = [
    { head: "" },
    { head: dryRun ? "would go" : "removed", ...right },
    { head: "", ...right },
    { head: "kept", ...right },
    { head: "", ...right }
  ]
  for (const line of table(columns, rows, out)) out.line(line)
  if (runs.length > 0) {
    out.line()
    out.line(
      `runs that ${dryRun ? "would go" : "are gone"}: ${list(runs, verbose ? undefined : 6)}`
    )
  }
  if (young.count > 0) {
    out.line()
    out.line(
      style.dim(
        `${count(young.count, "file")} (${bytes(young.bytes)}) that nothing reaches stay because they are young`
      )
    )
  }
  out.line()
  const what = `${bytes(freedBytes)} ${dryRun ? "would be freed" : "freed"}`
  out.line(`${style.bold(what)}, keeping the newest ${count(keep, "run")}, tags and pins`)
  if (dryRun && freedBytes > 0)
    out.line(style.dim("the same command without --dry-run removes them"))
}

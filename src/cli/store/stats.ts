/** The store's contents as tables. */
import type { StoreStats } from "../../store/stats.ts"
import { bytes, count, grouped, list } from "../format.ts"
import { table } from "../table.ts"
import type { Terminal } from "../terminal.ts"

const names: { readonly [kind in keyof StoreStats["kinds"]]: string } = {
  blobs: "files of values",
  actions: "results of stages",
  code: "descriptions of code",
  runs: "runs with logs",
  cache: "cache",
  index: "index",
  temporaries: "temporary files",
  quarantined: "damaged, set aside"
}

export const printStats = (root: string, stats: StoreStats, out: Terminal): void => {
  const { style } = out
  out.line(`${style.bold(root)}  ${bytes(stats.bytes)}`)
  const kinds = Object.entries(stats.kinds) as ReadonlyArray<
    [keyof StoreStats["kinds"], { readonly count: number; readonly bytes: number }]
  >
  printTable(
    kinds.flatMap(([kind, amount]) =>
      amount.count === 0 ? [] : [[names[kind], grouped(amount.count), bytes(amount.bytes)]]
    ),
    out
  )
  section(
    "Values by type",
    stats.types.map(({ type, count, bytes: size }) => [type, grouped(count), bytes(size)]),
    out
  )
  const biggest = stats.biggest.map(({ digest, bytes: size, uses }) => [
    digest.slice(0, 16),
    "",
    bytes(size),
    list(uses, 3)
  ])
  section("Largest files", biggest, out)
  out.line()
  const kept = [
    ...(stats.tags > 0 ? [count(stats.tags, "tag")] : []),
    ...(stats.pins > 0 ? [count(stats.pins, "pin")] : []),
    ...(stats.claims > 0 ? [`${count(stats.claims, "stage")} being computed`] : [])
  ]
  if (kept.length > 0) out.line(list(kept))
  out.line(`${bytes(stats.savedBytes)} saved by keeping equal results once`)
}

const section = (
  title: string,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  out: Terminal
): void => {
  if (rows.length === 0) return
  out.line()
  out.line(out.style.bold(title))
  printTable(rows, out)
}

const printTable = (rows: ReadonlyArray<ReadonlyArray<string>>, out: Terminal): void => {
  const columns = [
    {},
    { align: "right" as const },
    { align: "right" as const },
    { paint: out.style.dim }
  ]
  for (const line of table(columns, rows, out, "  ")) out.line(line)
}

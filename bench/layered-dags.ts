/**
 * What the machinery costs: layered DAGs of trivial stages, nothing known (cold) and everything known (no-op), against
 * Snakemake, ninja and make where they are installed. `node bench/layered-dags.ts [SIZE ...]`; default 100 1000 10000.
 *
 * The peers run `cat` in a shell for each rule; ours hashes, stores and syncs each result. Snakemake and the cold runs of
 * 10,000 stages take long, so the peers' cold runs stop at 1,000.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import {
  layeredDag,
  writeMakefile,
  writeNinja,
  writePipeline,
  writeSnakefile
} from "./support/layered-dag.ts"
import { best, installed, measure, measureNode } from "./support/measure.ts"
import { milliseconds, printTable, ratio } from "./support/table.ts"

const launcher = path.join(import.meta.dirname, "..", "bin", "ablate.mjs")
const asked = process.argv.slice(2).map(Number)
const sizes = asked.length > 0 ? asked : [100, 1000, 10_000]
const folder = mkdtempSync(path.join(tmpdir(), "ablate-dags-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const rows: Array<ReadonlyArray<string>> = [
  [
    "tool",
    "stages",
    "cold",
    "a stage",
    "no-op",
    "a stage",
    "no-op, ours / its",
    "peak memory (no-op)"
  ]
]
for (const size of sizes) {
  const dag = layeredDag(size)
  const project = path.join(folder, `ablate-${size}`)
  cpSync(path.join(import.meta.dirname, "project"), project, { recursive: true })
  const file = writePipeline(project, dag)
  const ours = [launcher, "-C", project, "run", file, "-j2", "-q"]
  const cold = measure(process.execPath, ours)
  const noop = best(3, () => measureNode(ours))
  rows.push([
    "ablate",
    String(size),
    milliseconds(cold.milliseconds),
    `${(cold.milliseconds / size).toFixed(2)} ms`,
    milliseconds(noop.milliseconds),
    `${(noop.milliseconds / size).toFixed(3)} ms`,
    "",
    `${noop.peakMiB?.toFixed(0)} MiB`
  ])

  const peers = [
    { tool: "snakemake", write: writeSnakefile, args: ["-j2", "--quiet"], coldUpTo: 1000 },
    { tool: "ninja", write: writeNinja, args: ["-j2", "--quiet"], coldUpTo: 10_000 },
    { tool: "make", write: writeMakefile, args: ["-j2", "-s"], coldUpTo: 10_000 }
  ]
  for (const { tool, write, args, coldUpTo } of peers) {
    if (!installed(tool)) {
      console.log(
        `${tool} is not installed (Debian: apt-get install ${tool}-build, or ${tool}): left out`
      )
      continue
    }
    const place = path.join(folder, `${tool}-${size}`)
    write(place, dag)
    const cold = size <= coldUpTo ? measure(tool, args, { cwd: place }) : undefined
    // Above, `--touch` makes the outputs without the shells, so that the no-op can be measured.
    if (cold === undefined) {
      writeNinja(place, dag)
      measure("ninja", ["--quiet"], { cwd: place })
      if (tool === "snakemake") measure(tool, ["--touch", "-j2", "--quiet"], { cwd: place })
    }
    const again = best(size > 1000 && tool === "snakemake" ? 1 : 3, () =>
      measure(tool, args, { cwd: place })
    )
    rows.push([
      tool,
      String(size),
      cold === undefined ? "-" : milliseconds(cold.milliseconds),
      cold === undefined ? "-" : `${(cold.milliseconds / size).toFixed(2)} ms`,
      milliseconds(again.milliseconds),
      `${(again.milliseconds / size).toFixed(3)} ms`,
      ratio(noop.milliseconds / again.milliseconds),
      ""
    ])
  }
}
printTable(
  `Layered DAGs of trivial stages, -j2 (${readFileSync("/proc/cpuinfo", "utf8").match(/model name\s*: (.*)/)?.[1] ?? "unknown CPU"})`,
  rows
)

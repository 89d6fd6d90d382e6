/** The whole-process time of a run that has nothing to do, against an empty Node: the limit is 4x. Interleaved. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { measure } from "./support/measure.ts"
import { milliseconds, printTable, ratio } from "./support/table.ts"

const root = path.join(import.meta.dirname, "..")
const launcher = path.join(root, "bin", "ablate.mjs")
const store = mkdtempSync(path.join(tmpdir(), "ablate-startup-"))
process.on("exit", () => rmSync(store, { recursive: true, force: true }))

const common = ["--store", path.join(store, "artifacts"), "--results", path.join(store, "results")]
const programs: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["node -e 0", ["-e", "0"]],
  ["ablate --version", [launcher, "--version"]],
  [
    "ablate run quickstart (nothing to do)",
    [launcher, "run", "pipelines/quickstart.yaml", ...common]
  ],
  ["ablate plan quickstart", [launcher, "plan", "pipelines/quickstart.yaml", ...common]],
  ["ablate check quickstart", [launcher, "check", "pipelines/quickstart.yaml", ...common]]
]
// The first turn makes the results and fills Node's compile cache; it is not counted.
for (const [, args] of programs) measure(process.execPath, args, { cwd: root })
const times = programs.map((): Array<number> => [])
for (let turn = 0; turn < 15; turn++) {
  for (const [index, [, args]] of programs.entries()) {
    times[index]?.push(measure(process.execPath, args, { cwd: root }).milliseconds)
  }
}
const median = (values: ReadonlyArray<number>) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const empty = times[0] ?? []
printTable("Start-up, whole process", [
  ["program", "median", "best", "median / empty Node", "best / empty Node"],
  ...programs.map(([name], index) => {
    const mine = times[index] ?? []
    return [
      name,
      milliseconds(median(mine)),
      milliseconds(Math.min(...mine)),
      ratio(median(mine) / median(empty)),
      ratio(Math.min(...mine) / Math.min(...empty))
    ]
  })
])

/**
 * What the runner adds to each stage: layered DAGs of stages that do nothing, cold and again, at `-j2`.
 *
 *     node bench/overhead.ts [instances ...]      (default: 100 1000)
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { labIn, type Pipeline } from "../test/run/lab.ts"

/** Layers of 50; each instance reads one or two of the layer above. */
const layered = (count: number): Pipeline => {
  const width = Math.min(50, Math.ceil(Math.sqrt(count)))
  const idOf = (index: number) => `s${index}`
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      if (index < width) return [idOf(index), { uses: "number", with: { value: index } }]
      const above = index - width
      const second = above + 1 < index - (index % width) ? above + 1 : above - 1
      const terms = index % 2 === 0 ? [above] : [above, Math.max(0, second)]
      const from = terms.map((term) => `${idOf(term)}.number`)
      return [idOf(index), { uses: "add", with: { plus: index }, in: { terms: from } }]
    })
  )
}

const given = process.argv.slice(2).map(Number)
const counts = given.length === 0 ? [100, 1000] : given
const row = (cells: ReadonlyArray<string>) =>
  console.log(cells.map((cell) => cell.padStart(14)).join(""))
row(["instances", "cold", "ms a stage", "again", "driver memory"])
for (const count of counts) {
  const folder = mkdtempSync(join(tmpdir(), "ablate-overhead-"))
  try {
    const lab = labIn(folder)
    const pipeline = layered(count)
    const timed = async () => {
      const startedAt = performance.now()
      const ran = await Effect.runPromise(lab.program(pipeline))
      return { ms: performance.now() - startedAt, counts: ran.outcome.record.counts }
    }
    const cold = await timed()
    if (cold.counts.ran !== count) throw new Error(`only ${cold.counts.ran} of ${count} ran`)
    const again = await timed()
    if (again.counts.known !== count) throw new Error(`only ${again.counts.known} were known`)
    row([
      String(count),
      `${(cold.ms / 1000).toFixed(2)} s`,
      (cold.ms / count).toFixed(2),
      `${(again.ms / 1000).toFixed(2)} s`,
      `${Math.round(process.memoryUsage().rss / 1e6)} MB`
    ])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brokenFolder, brokenNames } from "./broken.ts"
import { check, makeProject } from "./project.ts"

const good = `name: good
params: { epochs: 3, net: { channels: 8 } }
matrix:
  rate: { slow: 0.1, fast: { kind: constant, value: 1 } }
  seed: [1, 2, 3]
  exclude: [{ rate: slow, seed: 2 }]
stages:
  photo: { uses: picture/load, with: { path: photo.txt, size: 32 } }
  schedule: { uses: schedule/forward, with: { steps: 10 } }
  noisy:
    uses: noise/add
    in: { image: photo, schedule: schedule.schedule }
    with: { timesteps: [1, 2], seed: \${matrix.seed} }
  train:
    uses: train
    in: { data: noisy }
    with: { epochs: \${params.epochs}, learningRate: "\${matrix.rate}", unet: "\${params.net}" }
  compare:
    uses: report/compare
    collect: { over: [seed, rate], from: { curves: train.metrics } }
    resources: { memory: 4GB, time: 1h }
`

type Edit = readonly [kind: number, where: number, text: string]

const pieces = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ": ",
  "- ",
  "\t",
  " ",
  "\n",
  '"',
  "'",
  "${",
  "${params.epochs}",
  "${matrix.seed}",
  "&a ",
  "*a",
  "!",
  "#",
  "|",
  ">",
  "? ",
  "---\n",
  "null",
  "0",
  "-1",
  "1e999",
  "__proto__: 1",
  "<<: *a",
  "extends: x.yaml",
  "include: pipeline.yaml",
  "\u0000",
  "\uFEFF",
  "画",
  "\uD800",
  "%YAML 1.1\n"
]

const edit = fc.tuple(fc.nat(5), fc.nat(), fc.constantFrom(...pieces))

const apply = (text: string, [kind, where, piece]: Edit): string => {
  const at = text.length === 0 ? 0 : where % text.length
  const lines = text.split("\n")
  const line = where % lines.length
  switch (kind) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + text.charAt(at) + text.slice(at)
    case 2:
      return text.slice(0, at) + piece + text.slice(at)
    case 3:
      return lines.toSpliced(line, 1).join("\n")
    case 4:
      return lines.toSpliced(line, 0, lines[line] ?? "").join("\n")
    default:
      return text.slice(0, at) + text.slice(at + (where % 40))
  }
}

const originals = [
  good,
  good,
  ...brokenNames().map((name) => readFileSync(join(brokenFolder, `${name}.yaml`), "utf8"))
]
/** One check of the largest original takes a hundredth of this. */
const longestMs = 5000

describe("mutated pipelines", () => {
  it("never crash or hang the check: a pipeline, or at least one error (slow)", async () => {
    const root = makeProject({})
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        async (original, edits) => {
          const text = edits.reduce(apply, original)
          writeFileSync(join(root, "pipeline.yaml"), text)
          const start = performance.now()
          const { pipeline, diagnostics } = await check(root, "pipeline.yaml")
          assert.isBelow(performance.now() - start, longestMs)
          const errors = diagnostics.filter(({ severity }) => severity === "error")
          assert.strictEqual(pipeline === undefined, errors.length > 0)
          for (const { position } of diagnostics) {
            assert.isAtLeast(position.line, 1)
            assert.isAtLeast(position.column, 1)
            assert.isAtLeast(position.length, 1)
          }
        }
      ),
      { numRuns: Number(process.env["ABLATE_FUZZ_RUNS"] ?? 1000) }
    )
  }, 120_000)

  it("survives mutations of what is given with --set", async () => {
    const root = makeProject({ "pipeline.yaml": good })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          "params.epochs=2",
          "params.net={channels: 3}",
          "matrix.seed=[1, 2]",
          "stages.photo.with.size=8",
          "stages.train.in.data=photo"
        ),
        fc.array(edit, { maxLength: 4 }),
        async (original, edits) => {
          const { pipeline, diagnostics } = await check(root, "pipeline.yaml", {
            set: [edits.reduce(apply, original)]
          })
          assert.strictEqual(
            pipeline === undefined,
            diagnostics.some(({ severity }) => severity === "error")
          )
        }
      ),
      { numRuns: 500 }
    )
  }, 120_000)
})

/**
 * All of `pipelines/digits/` at their full size, and what a classifier reads in the samples.
 *
 *     node test/quality/digits.ts [pen|mnist ...] [--out FOLDER]
 *
 * On digits drawn on the spot, and on MNIST where it is found. The networks are trained once for each: on two cores three minutes each on
 * the former, a quarter of an hour each on MNIST, whose digits need a larger one. The
 * exit code is 1 when a pipeline fails, or a classifier agrees less often than `wanted` says. Results stay in FOLDER, to be looked at.
 */
import { mkdirSync } from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { printTable } from "../../bench/support/table.ts"
import { nameOfPipeline, pipelineFiles } from "../../src/cli/pipeline-file.ts"
import { ablate, checkout, type StageJson, stagesOf, temporaryFolder } from "../support/project.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string" } }
})
const out = path.resolve(values.out ?? temporaryFolder())

const onMnist: ReadonlyArray<string> = [
  "stages.data.uses=dataset/mnist",
  'stages.data.with={ range: "[-1,1]" }',
  "params.epochs=4",
  "params.channels=32",
  "params.guidance=4"
]
/** Digits that the networks have not seen, where a pipeline has them. */
const unseenMnist: ReadonlyArray<string> = [
  "stages.others.uses=dataset/mnist",
  'stages.others.with={ split: test, range: "[-1,1]" }'
]
const withUnseen = new Set([
  "inpaint",
  "iterative-denoising",
  "one-step-denoising",
  "sdedit",
  "text-to-text-image",
  "upscale"
])

/** The least share of samples that the classifier takes for what was asked. */
const wanted: { readonly [pipeline: string]: (stage: string) => number } = {
  "visual-anagrams": () => 0.6,
  guidance: (stage) => (/scale=[2-5]\b/.test(stage) ? 0.8 : 0),
  inpaint: (stage) => (stage.includes("clean") ? 0.6 : 0.8),
  "text-to-image": () => 0.7,
  upscale: (stage) => (stage === "read-large" ? 0.8 : 0)
}

const agreementOf = async (folder: string, { outputs }: StageJson): Promise<number> => {
  const digest = outputs!["metrics"]!.digest
  const { stdout } = await ablate(["show", digest, "--json", "--store", path.join(folder, "store")])
  const { summary } = JSON.parse(stdout) as {
    readonly summary: { readonly scalars: { readonly agreement: number } }
  }
  return summary.scalars.agreement
}

const names = pipelineFiles(checkout)
  .map(nameOfPipeline)
  .filter((name) => name.startsWith("digits/"))
  .map((name) => name.slice("digits/".length))
let failed = false
for (const data of positionals.length === 0 ? ["pen", "mnist"] : positionals) {
  const folder = path.join(out, data)
  mkdirSync(folder, { recursive: true })
  const rows: Array<ReadonlyArray<string>> = []
  for (const name of names) {
    const least = wanted[name]
    const set = [
      ...(data === "mnist" ? onMnist : []),
      ...(data === "mnist" && withUnseen.has(name) ? unseenMnist : []),
      ...(least === undefined ? [] : ["params.count=64"])
    ]
    const start = performance.now()
    const places = [
      ["--store", path.join(folder, "store")],
      ["--results", path.join(folder, "results")]
    ].flat()
    const run = ["run", `digits/${name}`, ...set.flatMap((one) => ["-S", one]), ...places]
    const stages = await stagesOf(run)
    const seconds = `${((performance.now() - start) / 1000).toFixed(0)} s`
    const judged = [...stages.values()].filter(({ uses }) => uses === "evaluate/agreement")
    if (judged.length === 0) rows.push([name, "", "", seconds])
    for (const stage of judged) {
      const [agreement, atLeast] = [await agreementOf(folder, stage), least?.(stage.id) ?? 0]
      if (agreement < atLeast) failed = true
      rows.push([
        `${name} ${stage.id}`,
        `${(100 * agreement).toFixed(1)} %`,
        atLeast === 0 ? "" : `${(100 * atLeast).toFixed(0)} %${agreement < atLeast ? " !" : ""}`,
        seconds
      ])
    }
    console.error(`${data}: ${name}, ${seconds}`)
  }
  printTable(`What a classifier reads, on ${data}`, [["", "agrees", "wanted", "took"], ...rows])
}
console.log(`\nPictures and pages are in ${out}.`)
process.exitCode = failed ? 1 : 0

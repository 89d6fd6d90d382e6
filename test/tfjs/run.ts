/**
 * tfjs-core's own specs on a backend of ours: `npm run test:tfjs -- --help`.
 *
 * Exit codes: 0 all that ran is well, 1 a spec failed (with `--strict` also: the list of skipped specs is out of date),
 * 2 wrong usage.
 */
import { writeFileSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { bundleSuite } from "./bundle.ts"
import { type Options, parseOptions, usage } from "./options.ts"
import { closingLine, missingReport, reportOf } from "./report.ts"
import { runSpecs, type SpecRun } from "./run-specs.ts"
import { skippedFor } from "./skipped.ts"
import { isGood, summarise, type Summary } from "./summary.ts"
import { withoutOutput } from "./without-output.ts"

/** @returns the exit code when the arguments say all there is to do */
const readOptions = (): Options | number => {
  const args = process.argv.slice(2)
  if (args.includes("--help")) {
    process.stdout.write(usage)
    return 0
  }
  try {
    return parseOptions(args, process.env)
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}`)
    return 2
  }
}

const run = async (options: Options): Promise<SpecRun> => {
  const { backend, dataSync, filter, verbose } = options
  const bundle = await bundleSuite(backend)
  const tooDangerous = skippedFor(backend).filter(({ neverRun }) => neverRun)
  const specs = () =>
    runSpecs(bundle, {
      backend,
      dataSync,
      isWanted: (name) => filter === undefined || name.includes(filter),
      isTooDangerous: (name) => tooDangerous.some(({ pattern }) => name.includes(pattern)),
      begin: (name) => {
        // Written at once: if the process dies, the last line names the culprit.
        if (verbose) writeFileSync(1, `${name}\n`)
      }
    })
  return verbose ? specs() : withoutOutput(specs)
}

const writeJson = (
  file: string,
  { backend, dataSync }: Options,
  summary: Summary,
  { outcomes }: SpecRun
) => {
  const { errors, families, idle, passed, passRate, pending, recovered, skipped, specs } = summary
  const counts = { specs, passed, failed: summary.failed.length, skipped, pending, passRate }
  const names = recovered.map(({ name }) => name)
  const record = {
    backend,
    dataSync,
    ...counts,
    families,
    recovered: names,
    idle,
    errors,
    outcomes
  }
  writeFileSync(file, `${JSON.stringify(record, undefined, 1)}\n`)
}

/** @returns the exit code */
const main = async (options: Options): Promise<number> => {
  const began = performance.now()
  const result = await run(options)
  const isWhole = options.filter === undefined && options.dataSync
  const summary = summarise(result, skippedFor(options.backend), isWhole)
  if (options.json !== undefined) writeJson(options.json, options, summary, result)
  if (options.listKernels) console.log(missingReport(summary))
  console.log(reportOf(summary, options.failures))
  if (summary.specs === 0) console.log("No spec was run: none has such a name.")
  console.log(closingLine(summary, (performance.now() - began) / 1000))
  return isGood(summary, options.strict) ? 0 : 1
}

const options = readOptions()
// Some specs leave timers and servers behind, which would keep the process alive.
process.exit(typeof options === "number" ? options : await main(options))

/** The command line of `run.ts`. */
import { readdirSync } from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"

export const usage = `node test/tfjs/run.ts [options]: tfjs-core's own specs on a backend of ours

  --backend NAME   a file of test/tfjs/backends, else ABLATE_TFJS_BACKEND, else onnx
  --filter TEXT    only specs whose name contains TEXT, such as "ops/conv2d:"
  --list-kernels   which kernels the failed specs miss
  --json FILE      every spec's outcome, time and kernels
  --strict         fail, too, when a spec on the list of skipped ones passes, or an entry is about none
  --failures N     tell N failed specs in full (20)
  --no-data-sync   leave out the specs that read synchronously
  --verbose        name each spec when it begins, and let specs print
`

export interface Options {
  readonly backend: string
  readonly filter: string | undefined
  readonly listKernels: boolean
  readonly json: string | undefined
  readonly strict: boolean
  readonly failures: number
  readonly dataSync: boolean
  readonly verbose: boolean
}

/** @throws Error whose message says what is wrong with the arguments */
export const parseOptions = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>
): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      backend: { type: "string" },
      filter: { type: "string" },
      "list-kernels": { type: "boolean", default: false },
      json: { type: "string" },
      strict: { type: "boolean", default: false },
      failures: { type: "string", default: "20" },
      "no-data-sync": { type: "boolean", default: false },
      verbose: { type: "boolean", default: false }
    }
  })
  const backend = values.backend ?? env["ABLATE_TFJS_BACKEND"] ?? "onnx"
  const known = backends()
  if (!known.includes(backend)) {
    throw new Error(`there is no backend "${backend}"; there are ${known.join(", ")}`)
  }
  if (!/^\d+$/.test(values.failures)) {
    throw new Error(`--failures takes a whole number, got "${values.failures}"`)
  }
  return {
    backend,
    filter: values.filter,
    listKernels: values["list-kernels"],
    json: values.json,
    strict: values.strict,
    failures: Number(values.failures),
    dataSync: !values["no-data-sync"],
    verbose: values.verbose
  }
}

const backends = () =>
  readdirSync(path.join(import.meta.dirname, "backends"))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -".ts".length))
    .toSorted()

/**
 * Memory and time of a model whose weights stay in their safetensors file: a chain of products, one a weight.
 *
 *     node bench/weights.ts [--gb GIGABYTES]
 *
 * Each way of loading runs in a process of its own, whose memory is watched from here every few milliseconds (`/proc`, so
 * Linux only). *Private* memory is the process's own; *mapped* memory is the file in the system's page cache, which the
 * system can take back. The file is mostly holes, so no disk takes part.
 */
import { spawn } from "node:child_process"
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeSync
} from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { GraphBuilder } from "../src/engine/onnx/graph-builder.ts"
import { createSession, ortTensor, type SessionOptions } from "../src/engine/onnx/session.ts"
import {
  addWeight,
  externalFolder,
  externalWeight,
  sessionFolderOption
} from "../src/engine/weights/external-data.ts"
import { openWeights } from "../src/engine/weights/open-weights.ts"
import { dtypeSizes } from "../src/safetensors/dtype.ts"
import { layOutSafetensors } from "../src/safetensors/encode.ts"
import { milliseconds, printTable } from "./support/table.ts"

/** Rows and columns of a weight: those of T5-XXL's attention. */
const side = 4096
/** Rows of the other factor: tokens of a prompt. */
const tokens = 77

const dtypes = ["F32", "F16", "BF16"] as const
type Stored = (typeof dtypes)[number]

interface Way {
  readonly name: string
  readonly dtype: Stored
  /** "disabled" converts to float32 in each run, "basic" once, when the session is created. */
  readonly level: NonNullable<SessionOptions["graphOptimizationLevel"]>
  readonly prepacking: boolean
}

const ways: ReadonlyArray<Way> = [
  { name: "fp32", dtype: "F32", level: "disabled", prepacking: true },
  { name: "fp32, disable_prepacking", dtype: "F32", level: "disabled", prepacking: false },
  ...(["F16", "BF16"] as const).flatMap((dtype): ReadonlyArray<Way> => {
    const name = dtype === "F16" ? "fp16" : "bf16"
    return [
      { name: `${name}, converted in each run`, dtype, level: "disabled", prepacking: true },
      { name: `${name}, converted once`, dtype, level: "basic", prepacking: true },
      {
        name: `${name}, converted once, disable_prepacking`,
        dtype,
        level: "basic",
        prepacking: false
      }
    ]
  })
]

interface Report {
  readonly createMs: number
  readonly runMs: number
  /** MB; at the end, and the highest resident memory that the system saw. */
  readonly privateMb: number
  readonly mappedMb: number
  readonly highestMb: number
}

const weightBytes = (dtype: Stored) => side * side * dtypeSizes[dtype]

const writeModel = (file: string, dtype: Stored, bytes: number) => {
  const count = Math.max(1, Math.round(bytes / weightBytes(dtype)))
  const names = Array.from({ length: count }, (_, index) => `w${`${index}`.padStart(5, "0")}`)
  const layout = layOutSafetensors(
    Object.fromEntries(names.map((name) => [name, { dtype, shape: [side, side] }]))
  )
  const descriptor = openSync(file, "w")
  writeSync(descriptor, layout.head)
  for (const [index, { begin }] of [...layout.tensors.values()].entries()) {
    // ONNX Runtime keeps one packed copy of equal weights, so each must differ from the others.
    writeSync(descriptor, new Uint16Array(2048).fill(0x3c00 + index + 1), 0, 4096, begin)
  }
  ftruncateSync(descriptor, layout.fileBytes)
  closeSync(descriptor)
}

const megabytes = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1024

/** In the process that is watched. */
const loadAndRun = (file: string, { level, prepacking }: Way): Report => {
  const tensors = [...openWeights(file).tensors.values()]
  const weights = tensors.map((tensor) => externalWeight(tensor)!)
  const folder = externalFolder(weights)
  const graph = new GraphBuilder()
  const x = graph.input("float32", [tokens, side])
  // All of them first, see `weightsFirst`.
  const names = weights.map((weight, index) =>
    addWeight(graph, folder, weight, tensors[index]!.shape)
  )
  const y = names.reduce((value, name) => graph.node("MatMul", [value, name]), x)
  graph.output(y, "float32", [tokens, side])
  const begun = performance.now()
  const session = createSession(graph.encode(), {
    graphOptimizationLevel: level,
    enableMemPattern: false,
    intraOpNumThreads: availableParallelism(),
    logSeverityLevel: 3,
    extra: {
      session: { [sessionFolderOption]: folder, disable_prepacking: prepacking ? "0" : "1" }
    }
  })
  const createMs = performance.now() - begun
  const feeds = {
    [x]: ortTensor("float32", new Float32Array(tokens * side), [tokens, side])
  }
  let runMs = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3; attempt++) {
    const started = performance.now()
    session.run(feeds)
    runMs = Math.min(runMs, performance.now() - started)
  }
  const memory = readFileSync("/proc/self/smaps_rollup", "utf8")
  const anonymous = megabytes(memory, "Anonymous")
  return {
    createMs,
    runMs,
    privateMb: anonymous,
    mappedMb: megabytes(memory, "Rss") - anonymous,
    highestMb: megabytes(readFileSync("/proc/self/status", "utf8"), "VmHWM")
  }
}

/** Runs a way in a process of its own and watches it. */
const watch = async (file: string, index: number) => {
  const child = spawn(process.execPath, [import.meta.filename, "--child", `${index}`, file], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let peakPrivateMb = 0
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8")
      peakPrivateMb = Math.max(peakPrivateMb, megabytes(status, "RssAnon"))
    } catch {
      // It has just ended.
    }
  }, 4)
  let printed = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text))
  const code = await new Promise((resolve) => {
    child.on("close", resolve)
  })
  clearInterval(timer)
  if (code !== 0) throw new Error(`a way of loading ended with ${String(code)}`)
  return { ...(JSON.parse(printed) as Report), peakPrivateMb }
}

const compare = async (gigabytes: number) => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "ablate-bench-"))
  try {
    const bytes = gigabytes * 2 ** 30
    const times = (mb: number) => `${mb.toFixed(0)} MB (${(mb / (bytes / 2 ** 20)).toFixed(2)}x)`
    const rows: Array<ReadonlyArray<string>> = []
    for (const dtype of dtypes) {
      const file = join(folder, `${dtype}.safetensors`)
      writeModel(file, dtype, bytes)
      for (const [index, way] of ways.entries()) {
        if (way.dtype !== dtype) continue
        const seen = await watch(file, index)
        rows.push([
          way.name,
          milliseconds(seen.createMs),
          milliseconds(seen.runMs),
          times(seen.peakPrivateMb),
          times(seen.highestMb),
          times(seen.privateMb),
          times(seen.mappedMb)
        ])
      }
      rmSync(file)
    }
    printTable(`${gigabytes} GB of weights on disk, ${availableParallelism()} threads`, [
      [
        "stored as",
        "create",
        "best run",
        "peak private",
        "peak resident",
        "private in the end",
        "mapped in the end"
      ],
      ...rows
    ])
    console.log(
      "  (x: times the weights' size on disk; float32 is twice fp16's and bf16's. About 80 MB are Node's and ONNX Runtime's.)"
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { gb: { type: "string", default: "2" }, child: { type: "string" } }
})
if (values.child !== undefined) {
  console.log(JSON.stringify(loadAndRun(positionals[0]!, ways[Number(values.child)]!)))
} else if (process.platform === "linux") {
  const gigabytes = Number(values.gb)
  if (!(gigabytes > 0)) throw new RangeError(`--gb takes a number above 0, got ${values.gb}`)
  await compare(gigabytes)
} else {
  console.log("memory is read from /proc, which only Linux has")
}

/**
 * The probe's own process: tries the engine that the first argument names and writes a `Finding` to descriptor 3. What
 * native libraries print goes to standard error, where the starter reads reasons from.
 */
import { writeSync } from "node:fs"
import { createRequire } from "node:module"
import { loadTensorflow } from "../tensorflow/load.ts"
import { cpuArithmetic } from "./arithmetic.ts"
import { nchwcBlockSize } from "./block-size.ts"
import { devicesInUse } from "./devices.ts"
import { isEngineChoice, isOnnxEngine, type OnnxEngine } from "./engine.ts"
import type { Finding } from "./finding.ts"
import { runTrial } from "./trial.ts"

const tryEngine = (name: string): Finding => {
  if (name === "tensorflow") return tryTensorflow()
  if (!isEngineChoice(name) || name === "auto" || !isOnnxEngine(name)) {
    throw new Error(`${name} needs no trying`)
  }
  return name === "cpu" ? tryCpu() : tryDevice(name)
}

const { arch } = process

const onnxruntime = (): string => {
  const require = createRequire(import.meta.url)
  const { version } = require("onnxruntime-node/package.json") as { readonly version: string }
  return `onnxruntime@${version}`
}

const tryCpu = (): Finding => {
  runTrial("cpu").dispose()
  const cpu = { block: nchwcBlockSize(), arithmetic: cpuArithmetic() }
  return { usable: true, facts: { libraries: onnxruntime(), arch, cpu }, files: [] }
}

const tryDevice = (name: OnnxEngine): Finding => {
  const session = runTrial(name)
  const { device, files } = devicesInUse()
  session.dispose()
  return { usable: true, facts: { libraries: onnxruntime(), arch, device }, files }
}

const tryTensorflow = (): Finding => {
  const { found, tf, usesGpu, version } = loadTensorflow()
  const product = tf.tidy(() =>
    tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([1, -1, 2, 1], [2, 2])).dataSync()
  )
  if (product.join() !== "5,1,11,1") throw new Error(`it computes wrong numbers: ${product.join()}`)
  const libraries = `${version === undefined ? "" : `tensorflow@${version} `}${found.name.split("/")[1]}@${found.version}`
  if (!usesGpu) {
    // TensorFlow picks its kernels by the processor's instructions as ONNX Runtime does.
    return {
      usable: true,
      facts: { libraries, arch, cpu: { arithmetic: cpuArithmetic() } },
      files: []
    }
  }
  const { device, files } = devicesInUse()
  return { usable: true, facts: { libraries, arch, device }, files }
}

const [name = ""] = process.argv.slice(2)
let finding: Finding
try {
  finding = tryEngine(name)
} catch (error) {
  finding = { usable: false, why: error instanceof Error ? error.message : String(error) }
}
writeSync(3, JSON.stringify(finding))
// Native libraries may crash while they clean up, but by now the answer is written.
process.exit(0)

/**
 * TensorFlow.js on the engine of this process, loaded when it is first used.
 *
 * Stages are written in plain TensorFlow.js and import `tf` from here. Importing this file loads neither the library nor
 * an engine, so the command line can read a stage's ports and parameters without paying for them.
 */
import { createRequire } from "node:module"
import type * as backend from "./backend/register.ts"
import { nchwcBlockSize } from "./provider/block-size.ts"
import { threadsHere } from "./provider/cores.ts"
import { multipliesHalves } from "./provider/half-products.ts"
import { engineHere } from "./provider/here.ts"
import { loadTensorflow } from "./tensorflow/load.ts"
import { type TensorFlow, tfjs } from "./tfjs.ts"

let loaded: TensorFlow | undefined

/**
 * All of `@tensorflow/tfjs`, with every gradient registered, on the engine that `engineHere` names.
 *
 * Marked as free of side effects, so that a bundle of a stage that uses no tensors leaves it out.
 */
export const tf: TensorFlow = /* @__PURE__ */ new Proxy({} as TensorFlow, {
  get: (_, name) => Reflect.get((loaded ??= load()), name),
  has: (_, name) => Reflect.has((loaded ??= load()), name),
  // The module's exports are read-only; an assignment that only reached the empty target would be lost.
  set: () => false
})

const load = (): TensorFlow => {
  const engine = engineHere()
  if (engine === "tensorflow") return loadTensorflow().tf
  const library = tfjs()
  if (engine === "tfjs") {
    use(library, "cpu")
    withoutBanner(library, () => library.scalar(0).dispose())
    return library
  }
  // Required here and not imported above: the kernels are many files.
  const require = createRequire(import.meta.url)
  const { backendName, register } = require("#src/engine/backend/register.ts") as typeof backend
  let float16: boolean | undefined
  register({
    target: {
      provider: engine,
      block: engine === "cpu" ? nchwcBlockSize() : 0,
      // Only programs with weights of that type ask.
      get float16() {
        return (float16 ??= multipliesHalves(engine))
      }
    },
    threads: threadsHere()
  })
  use(library, backendName)
  return library
}

/** Both backends are ready at once: there is nothing to wait for. */
const use = (library: TensorFlow, backend: string): void => {
  void library.setBackend(backend)
  if (library.getBackend() !== backend) throw new Error(`TensorFlow.js has no backend ${backend}`)
}

/**
 * The first tensor of the cpu backend makes the library print an advertisement for another backend. The flag that keeps
 * it quiet would also hide real warnings, so it is set for that one tensor only.
 */
const withoutBanner = (library: TensorFlow, makeFirstTensor: () => void): void => {
  const flags = library.env()
  const before = flags.getBool("PROD")
  flags.set("PROD", true)
  try {
    makeFirstTensor()
  } finally {
    flags.set("PROD", before)
  }
}

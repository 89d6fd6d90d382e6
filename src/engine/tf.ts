/**
 * TensorFlow.js, loaded when it is first used.
 *
 * Stages are written in plain TensorFlow.js and import `tf` from here. Importing this file loads nothing, so the command
 * line can read a stage's ports and parameters without paying 150 ms for a tensor library that it may not need.
 */
import { createRequire } from "node:module"
import type * as tensorflow from "@tensorflow/tfjs"

type TensorFlow = typeof tensorflow

let loaded: TensorFlow | undefined

/**
 * All of `@tensorflow/tfjs`, on the `cpu` backend with every gradient registered.
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
  // The umbrella package, because tfjs-core alone has no gradients under Node; CommonJS, because its ES modules do not load there.
  const library = createRequire(import.meta.url)("@tensorflow/tfjs") as TensorFlow
  // Resolves at once: the cpu backend needs no waiting to initialise.
  void library.setBackend("cpu")
  if (library.getBackend() !== "cpu") throw new Error("TensorFlow.js has no cpu backend")
  withoutBanner(library, () => library.scalar(0).dispose())
  return library
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

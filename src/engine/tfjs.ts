/** The tfjs library as it comes, loaded when first asked for. Everything that needs tfjs gets this one copy. */
import { createRequire } from "node:module"
import type * as tensorflow from "@tensorflow/tfjs"

export type TensorFlow = typeof tensorflow

let loaded: TensorFlow | undefined

/** The umbrella package, because tfjs-core alone has no gradients under Node; CommonJS, because its ES modules do not load there. */
export const tfjs = (): TensorFlow =>
  (loaded ??= createRequire(import.meta.url)("@tensorflow/tfjs") as TensorFlow)

/** Loads TensorFlow's bindings as a TensorFlow.js whose tensors TensorFlow computes. */
import type * as tensorflow from "@tensorflow/tfjs"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import { UserError } from "../../base/user-error.ts"
import { findTensorflow, howToInstall, type TensorflowPackage } from "./find.ts"
import { restoreRemovedFunctions } from "./removed-functions.ts"

type TensorFlow = typeof tensorflow

/** What the package's backend says of itself, beside what every backend does. */
interface NativeBackend {
  readonly isUsingGpuDevice?: boolean
  readonly binding?: { readonly TF_Version?: string }
}

export interface LoadedTensorflow {
  readonly tf: TensorFlow
  readonly found: TensorflowPackage
  readonly usesGpu: boolean
  /** TensorFlow's own version, `2.9.1`, where the bindings tell it. */
  readonly version: string | undefined
}

/**
 * All of `@tensorflow/tfjs` on the `tensorflow` backend.
 *
 * @param from a file; packages are looked for from its folder upwards
 * @throws UserError when no package is installed, or when it is but cannot be loaded
 */
export const loadTensorflow = (from: string | URL = import.meta.url): LoadedTensorflow => {
  const found = findTensorflow(from)
  if (found === undefined) {
    throw new UserError("TensorFlow is not installed", { hint: howToInstall })
  }
  restoreRemovedFunctions()
  const tf = load(found)
  if (tf.getBackend() !== "tensorflow") {
    throw new UserError(`${found.name} ${found.version} offers no tensorflow backend`, {
      hint: howToInstall
    })
  }
  const backend = tf.backend() as NativeBackend
  return {
    tf,
    found,
    usesGpu: backend.isUsingGpuDevice === true,
    version: backend.binding?.TF_Version
  }
}

const load = ({ folder, name, version }: TensorflowPackage): TensorFlow => {
  const require = createRequire(pathToFileURL(`${folder}/`))
  try {
    return require(folder) as TensorFlow
  } catch (cause) {
    const [line = ""] = String(cause instanceof Error ? cause.message : cause).split("\n")
    throw new UserError(`${name} ${version} cannot be loaded: ${line}`, {
      hint: "its install script fetches or builds the native part; docs/gpu.md tells how to run it",
      cause
    })
  }
}

/**
 * TensorFlow's own bindings for Node: optional packages that a user installs beside ablate. They bring all of
 * TensorFlow.js and a backend named `tensorflow`.
 */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** The better one first: the same library, built for NVIDIA GPUs. */
export const tensorflowPackages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const

export const howToInstall =
  "`npm install @tensorflow/tfjs-node-gpu@4.22.0` (or tfjs-node, for the CPU) beside ablate; docs/gpu.md tells its limits"

export interface TensorflowPackage {
  readonly name: (typeof tensorflowPackages)[number]
  readonly version: string
  /** Absolute. */
  readonly folder: string
}

/**
 * The package that is installed, if one is; loads nothing.
 *
 * @param from a file; packages are looked for from its folder upwards
 */
export const findTensorflow = (
  from: string | URL = import.meta.url
): TensorflowPackage | undefined => {
  const require = createRequire(from)
  for (const name of tensorflowPackages) {
    // Node's own answer to where packages may lie; `resolve` would want the package's built files to be complete.
    for (const folder of require.resolve.paths(name) ?? []) {
      const manifest = join(folder, name, "package.json")
      if (!existsSync(manifest)) continue
      const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }
      return { name, version, folder: dirname(manifest) }
    }
  }
  return undefined
}

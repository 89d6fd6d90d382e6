/**
 * Which arithmetic the tensors are computed with. Two runs of one class give the same bits for the same inputs, so the
 * class is part of the key of every stage that computes tensors.
 */
import { createRequire } from "node:module"

let known: string | undefined

/**
 * Such as `tfjs-cpu@4.22.0 v8@13.6`. V8 belongs to it, because the cpu backend takes exp, log, sin and cos from it
 * and their last bit has changed between its versions. Reads a version number; does not load the library.
 */
export const numericsClass = (): string => (known ??= describe())

const describe = (): string => {
  const { version } = createRequire(import.meta.url)("@tensorflow/tfjs/package.json") as {
    readonly version: string
  }
  const v8 = process.versions.v8.split(".").slice(0, 2).join(".")
  return `tfjs-cpu@${version} v8@${v8}`
}

/**
 * Which arithmetic results are computed with. Two runs of one class give the same bits for the same inputs, so the class
 * is part of every key.
 */
import { createRequire } from "node:module"

let known: string | undefined

/**
 * Of stages that compute tensors, such as `tfjs-cpu@4.22.0 v8@13.6`: the cpu backend takes exp, log, sin and cos from V8,
 * too. Reads a version number; does not load the library.
 */
export const numericsClass = (): string => (known ??= describe())

/** Of all other stages, such as `v8@13.6`: the last bit of `Math.cos` and its like has changed between versions of V8. */
export const scalarNumericsClass = (): string =>
  `v8@${process.versions.v8.split(".").slice(0, 2).join(".")}`

const describe = (): string => {
  const { version } = createRequire(import.meta.url)("@tensorflow/tfjs/package.json") as {
    readonly version: string
  }
  return `tfjs-cpu@${version} ${scalarNumericsClass()}`
}

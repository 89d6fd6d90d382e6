/**
 * Functions of `node:util` that Node 23 removed (deprecations DEP0044 to DEP0059) and that tfjs-node 4.22.0, the last
 * release, still calls: `isNullOrUndefined` and `isArray` (tensorflow/tfjs#8425, merged, never released).
 */
import { createRequire } from "node:module"

const removed: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === "boolean",
  isFunction: (value) => typeof value === "function",
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === "number",
  isObject: (value) => typeof value === "object" && value !== null,
  isString: (value) => typeof value === "string",
  isUndefined: (value) => value === undefined
}

/**
 * Gives back what is missing, and replaces what is left by what does the same without a warning. It changes the process's `util`, so it belongs into a process that is
 * about to load the package.
 */
export const restoreRemovedFunctions = (
  util: Record<string, unknown> = createRequire(import.meta.url)("node:util")
): void => {
  Object.assign(util, removed)
}

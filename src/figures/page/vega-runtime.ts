/** The part of Vega that a page needs to draw its figures without any network. */
import { readFileSync } from "node:fs"

export interface VegaRuntime {
  /** For browsers; defines `vega`. */
  readonly code: string
  /** Has to go with copies of the code. */
  readonly licence: string
}

let known: VegaRuntime | undefined

/** Of the version that the figures were compiled for. */
export const vegaRuntime = async (): Promise<VegaRuntime> => {
  if (known !== undefined) return known
  // Named here, so that its version is part of what the page was made of.
  await import("vega")
  const entry = import.meta.resolve("vega")
  const beside = (path: string) => readFileSync(new URL(path, entry), "utf8")
  known = { code: beside("vega.min.js"), licence: beside("../LICENSE") }
  return known
}

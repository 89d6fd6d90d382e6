/** Ctrl-C once, twice: asks for a gentle stop first. */
import { constants } from "node:os"

export interface Signals {
  /** Aborted at the first signal. */
  readonly gently: AbortSignal
  /** Resolves at the second. */
  readonly now: Promise<void>
  /** 130 after SIGINT, 143 after SIGTERM. */
  readonly exitCode: () => number
  /** Gives the signals back to Node, for which they end the process. */
  readonly release: () => void
}

const caught = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** @param announce called at the first and at the second signal */
export const catchSignals = (announce: (stopping: "gently" | "now") => void): Signals => {
  const gently = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  let first: (typeof caught)[number] = "SIGINT"
  const listeners = caught.map((name) => {
    const listener = () => {
      if (gently.signal.aborted) {
        announce("now")
        resolve()
      } else {
        first = name
        announce("gently")
        gently.abort()
      }
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  return {
    gently: gently.signal,
    now: promise,
    exitCode: () => 128 + constants.signals[first],
    release: () => {
      for (const remove of listeners) remove()
    }
  }
}

/** Which run computed a result, when, and why: from the event logs of the runs that the store still has. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import type { Store } from "../store/store.ts"

export interface Origin {
  /** Name of the run. */
  readonly run: string
  /** The instance that it was computed for; another than asked about when two have the same recipe. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
  /** The stage's own work. */
  readonly seconds: number
  /** Why it ran then, as one line. */
  readonly reason: string
}

/** The newest run that computed the action; undefined when gc removed it, or another store did. */
export const originOf = (store: Store, key: Digest): Origin | undefined => {
  for (const { name } of store.runs.list()) {
    const log = readLog(join(store.runs.folder(name), "events.jsonl"))
    if (log === undefined || !log.includes(key)) continue
    for (const line of log.toString("utf8").split("\n")) {
      if (!line.includes(key) || !line.includes("StageSucceeded")) continue
      const event = parseEvent(line)
      if (event !== undefined && event.key === key) {
        const { at, id, reason, seconds } = event
        return { run: name, id, atMs: at, seconds, reason }
      }
    }
  }
  return undefined
}

const readLog = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

interface StageSucceeded {
  readonly key: string
  readonly id: string
  readonly at: number
  readonly seconds: number
  readonly reason: string
}

/** Undefined for another event, and for a line that a killed process wrote in part. */
const parseEvent = (line: string): StageSucceeded | undefined => {
  let event: Partial<StageSucceeded> & { readonly _tag?: unknown }
  try {
    event = JSON.parse(line)
  } catch {
    return undefined
  }
  return event._tag === "StageSucceeded" &&
    typeof event.id === "string" &&
    typeof event.at === "number" &&
    typeof event.seconds === "number" &&
    typeof event.reason === "string"
    ? (event as StageSucceeded)
    : undefined
}

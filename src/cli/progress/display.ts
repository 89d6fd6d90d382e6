/** How a run is watched: lines that move on a terminal, plain lines elsewhere, nothing when asked to be quiet. */
import type { RunEvent } from "../../run/events.ts"

export interface Display {
  readonly event: (event: RunEvent) => void
  /** One line that stays, such as that the run is stopping. */
  readonly note: (text: string) => void
  /** Removes what moves; what stays has been printed. May be called twice. */
  readonly close: () => void
}

export interface Expectations {
  /** How many instances will run, as far as the plan can tell. */
  readonly toRun: number
  /** Seconds by instance, from history; for the time left. */
  readonly seconds: ReadonlyMap<string, number>
}

/** Beyond so many, finished stages are counted and no longer named one by one. */
export const namedAtMost = 100

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
  /** How many instances and parts will run, as far as the plan can tell. */
  readonly toRun: number
  /** Seconds by instance, from history; for the time left. */
  readonly seconds: ReadonlyMap<string, number>
  /** The parts among them, with their stage types. */
  readonly parts?: ReadonlyMap<string, string>
  /** Of instances with parts in the run, how many there are with them. */
  readonly sizes?: ReadonlyMap<string, number>
}

/** Beyond so many, finished stages are counted and no longer named one by one. */
export const namedAtMost = 100

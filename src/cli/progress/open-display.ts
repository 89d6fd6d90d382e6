/** Chooses how a run is watched. */
import type { CommandContext } from "../command.ts"
import type { Display, Expectations } from "./display.ts"
import { liveDisplay } from "./live-display.ts"
import { plainDisplay } from "./plain-display.ts"

export const openDisplay = (context: CommandContext, expected: Expectations): Display => {
  const { err, env, quiet, json, verbose } = context
  if (quiet) return { event: () => {}, note: (text) => err.line(text), close: () => {} }
  return err.interactive && !json && !env["CI"]
    ? liveDisplay(err, expected, { verbose })
    : plainDisplay(err, expected, { verbose })
}

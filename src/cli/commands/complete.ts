/** `ablate __complete -- WORD...`: what the shells' completion scripts ask; not meant for people. */
import type { Command } from "../command.ts"
import { offer, offerText } from "../completions/candidates.ts"
import { namesIn } from "../completions/names.ts"

export const command: Command = {
  name: "__complete",
  usage: ["__complete -- WORD..."],
  description:
    "Prints what may come next on a command line; the shells' completion scripts call it.",
  flags: [],
  examples: [],
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  run: async (context) => {
    const offered = await offer(context.args, await namesIn(context))
    if (context.json) context.printJson(offered)
    else context.out.write(offerText(offered))
    return 0
  }
}

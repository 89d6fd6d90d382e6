/** `ablate store pins`: what is pinned or tagged. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "store pins",
  usage: ["store pins"],
  description: "Lists what gc keeps on your word: tags and pins, and what each of them keeps.",
  flags: [],
  examples: [{ line: "ablate store pins", note: "all tags and pins" }],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { existingStore, openProject } = await import("../project.ts")
    const store = existingStore(await openProject(context))
    const { keptBy, printKept } = await import("../store/pin.ts")
    const kept = keptBy(store)
    if (context.json) context.printJson({ kept })
    else printKept(kept, context.out)
    return 0
  }
}

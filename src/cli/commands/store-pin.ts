/** `ablate store pin WHAT [NAME]`: keeps a run or a result whatever gc is told. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "store pin",
  usage: ["store pin WHAT [NAME]", "store pin"],
  description: `Keeps a run, a stage's result or a value for as long as the pin is there, whatever \`store gc\` is told. WHAT is what \`ablate show\` understands. Without NAME the pin is named after what it keeps; without WHAT the pins are listed.`,
  flags: [],
  examples: [
    { line: "ablate store pin last", note: "keep the newest run and its results" },
    { line: "ablate store pin noisy.images figure-2", note: "keep one result under a name" }
  ],
  args: { min: 0, max: 2 },
  run: async (context) => {
    const { existingStore, openProject } = await import("../project.ts")
    const store = existingStore(await openProject(context))
    const { keptBy, pinnedBy, printKept } = await import("../store/pin.ts")
    const [word, name] = context.args
    if (word === undefined) {
      const kept = keptBy(store)
      if (context.json) context.printJson({ kept })
      else printKept(kept, context.out)
      return 0
    }
    const { openHistory } = await import("../what/history.ts")
    const { findWhat } = await import("../what/what.ts")
    const pinned = pinnedBy(findWhat(openHistory(store), word))
    const pin = { name: name ?? pinned.name, target: pinned.target }
    store.roots.pin(pin.name, pin.target)
    if (context.json) context.printJson({ pin })
    else if (!context.quiet) context.err.line(`pinned as ${pin.name}`)
    return 0
  }
}

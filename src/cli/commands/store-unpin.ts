/** `ablate store unpin NAME`: lets gc remove what a pin or a tag kept. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "store unpin",
  usage: ["store unpin PIN"],
  description: `Removes a pin or a tag. What it kept stays in the store until \`store gc\` finds that nothing else needs it.`,
  flags: [],
  examples: [{ line: "ablate store unpin figure-2", note: "give figure-2 free" }],
  args: { min: 1, max: 1 },
  run: async (context) => {
    const { existingStore, openProject } = await import("../project.ts")
    const { roots } = existingStore(await openProject(context))
    const [name = ""] = context.args
    const isTag = roots.tags().some(({ tag }) => tag === name)
    const isPin = roots.pins().some((pin) => pin.name === name)
    if (isPin || !isTag) roots.unpin(name)
    if (isTag) roots.untag(name)
    if (context.json) context.printJson({ removed: name })
    else if (!context.quiet) context.err.line(`${name} is no longer pinned`)
    return 0
  }
}

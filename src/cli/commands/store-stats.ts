/** `ablate store stats`: how much the store holds, and of what. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "store stats",
  usage: ["store stats"],
  description: `Says how much the store holds: files by kind, values by type, the largest, and how many bytes are saved because equal results are kept once.`,
  flags: [],
  examples: [{ line: "ablate store stats", note: "what takes the space" }],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { existingStore, openProject } = await import("../project.ts")
    const store = existingStore(await openProject(context))
    const { storeStats } = await import("../../store/stats.ts")
    const stats = storeStats(store)
    if (context.json) context.printJson({ store: store.root, ...stats })
    else {
      const { printStats } = await import("../store/stats.ts")
      printStats(store.root, stats, context.out)
    }
    return 0
  }
}

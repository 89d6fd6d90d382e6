/** `ablate store tag RUN TAG`: a second name for a run, which also keeps it. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "store tag",
  usage: ["store tag RUN TAG"],
  description: `Gives a run a second name, under which \`show\`, \`diff\` and the others find it, and keeps it from gc. A tag that another run has moves to this one. \`ablate store unpin TAG\` removes it.`,
  flags: [],
  examples: [
    { line: "ablate store tag last paper", note: "the newest run is now also called paper" }
  ],
  args: { min: 2, max: 2 },
  run: async (context) => {
    const { existingStore, openProject } = await import("../project.ts")
    const store = existingStore(await openProject(context))
    const { openHistory } = await import("../what/history.ts")
    const { requireRun } = await import("../what/what.ts")
    const [word = "", tag = ""] = context.args
    const run = requireRun(openHistory(store), word)
    store.roots.tag(run.name, tag)
    if (context.json) context.printJson({ run: run.name, tag })
    else if (!context.quiet) context.err.line(`${run.name} is also called ${tag}`)
    return 0
  }
}

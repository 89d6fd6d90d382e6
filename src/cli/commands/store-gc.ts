/** `ablate store gc`: removes what no kept run, tag or pin reaches. */
import type { Command } from "../command.ts"

/** Runs that are kept unless told otherwise. */
const defaultKeep = 20
const defaultGraceMinutes = 60

export const command: Command = {
  name: "store gc",
  usage: ["store gc"],
  description: `Removes what nothing needs any more: results that neither the newest runs nor a tag or a pin reaches, and what killed processes have left. Other processes may go on using the store meanwhile.

What is removed can always be made again by running its pipeline.`,
  flags: [
    {
      title: "Garbage collection",
      flags: [
        {
          name: "keep",
          value: "N",
          summary: `keep the N newest runs, repeats of one counted once, and all that they reach (default: ${defaultKeep})`
        },
        { name: "dry-run", short: "n", summary: "say what would be removed; remove nothing" },
        {
          name: "grace",
          value: "MINUTES",
          summary: `keep what is younger than this (default: ${defaultGraceMinutes}); a process may be about to use it`
        }
      ]
    }
  ],
  examples: [
    { line: "ablate store gc --dry-run", note: "what would go, and how much that is" },
    { line: "ablate store gc --keep 5", note: "keep the five newest runs" }
  ],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { existingStore, openProject } = await import("../project.ts")
    const store = existingStore(await openProject(context))
    const { collectGarbage } = await import("../../store/gc.ts")
    const keep = context.flags.integer("keep", 0) ?? defaultKeep
    const minutes = context.flags.integer("grace", 0) ?? defaultGraceMinutes
    const report = await collectGarbage(store, {
      keep,
      graceMs: minutes * 60_000,
      dryRun: context.flags.has("dry-run")
    })
    if (context.json) context.printJson({ store: store.root, keep, ...report })
    else {
      const { printGc } = await import("../store/gc.ts")
      printGc(report, keep, context.out, context.verbose)
    }
    return 0
  }
}

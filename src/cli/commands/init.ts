/** `ablate init [DIR]`: writes a first project. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "init",
  usage: ["init [DIR]"],
  description: `Writes a small project that runs at once: a pipeline with a matrix, a stage of its own, a drawing, the JSON Schema that editors complete pipelines by, and settings.

Files that are there already are left as they are, so it does no harm in a project that has begun.`,
  flags: [],
  examples: [
    { line: "ablate init", note: "in this folder" },
    { line: "ablate init noise-study", note: "in a new folder" }
  ],
  args: { min: 0, max: 1 },
  run: async (context) => {
    const { writeProject } = await import("../init/init.ts")
    return writeProject(context)
  }
}

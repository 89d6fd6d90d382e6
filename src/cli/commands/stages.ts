/** `ablate stages [NAME]`: the catalogue. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "stages",
  usage: ["stages", "stages NAME"],
  description: `Lists the stages that pipelines may use, by folder: ablate's own and those in the project's stages/ folder.

With a name, tells all about one: what it computes and after which paper, its inputs and outputs with their types, its parameters with ranges and defaults, and lines of YAML to start from.`,
  flags: [],
  examples: [
    { line: "ablate stages", note: "the whole catalogue" },
    { line: "ablate stages noise/add", note: "one stage with its parameters" },
    { line: "ablate stages image", note: "the stages of one folder" }
  ],
  args: { min: 0, max: 1 },
  run: async (context) => {
    const { openProject } = await import("../project.ts")
    const { registry, root } = await openProject(context)
    const [name] = context.args
    const { findStages } = await import("../stages/find.ts")
    const found = await findStages(registry, name)
    if (found.kind === "one") {
      const { describeStage, printStage } = await import("../stages/stage.ts")
      const stage = await describeStage(registry, found.entry, root)
      if (context.json) context.printJson({ stage })
      else printStage(stage, context.out)
      return 0
    }
    const { describeCatalogue, printCatalogue } = await import("../stages/catalogue.ts")
    const catalogue = await describeCatalogue(registry, found.entries)
    if (context.json) context.printJson({ stages: catalogue })
    else printCatalogue(catalogue, context.out, context.quiet)
    return 0
  }
}

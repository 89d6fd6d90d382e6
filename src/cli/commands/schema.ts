/** `ablate schema`: the JSON Schema by which editors complete and check pipelines. */
import type { Command } from "../command.ts"
import { writeResult } from "../output-file.ts"

export const command: Command = {
  name: "schema",
  usage: ["schema [-o FILE]"],
  description: `Writes the JSON Schema (draft 07) of pipelines, made from the stages themselves: ablate's and the project's own. Editors with a YAML language server complete and check a pipeline by it when its first line is

    # yaml-language-server: $schema=../schema/pipeline.schema.json`,
  flags: [
    {
      title: "Output",
      flags: [
        {
          name: "output",
          short: "o",
          value: "FILE",
          summary: "write into FILE (default: standard output)"
        }
      ]
    }
  ],
  examples: [
    {
      line: "ablate schema -o schema/pipeline.schema.json",
      note: "again after a stage of your own has changed"
    }
  ],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { openProject } = await import("../project.ts")
    const { registry } = await openProject(context)
    const { pipelineJsonSchema } = await import("../../language/json-schema.ts")
    const schema = await pipelineJsonSchema(registry)
    const file = context.flags.text("output")
    if (file !== undefined) writeResult(file, `${JSON.stringify(schema, undefined, 2)}\n`, context)
    if (context.json) context.printJson({ schema, ...(file === undefined ? {} : { file }) })
    else if (file === undefined) context.out.line(JSON.stringify(schema, undefined, 2))
    return 0
  }
}

/** `ablate graph [FILE]`: draws the stages and what flows between them. */
import type { NodeState } from "../../report/graph/graph.ts"
import { type Command, pipelineFlags } from "../command.ts"
import { drawGraph, formatOf, formats, jsonOf } from "../graph/draw.ts"
import { writeResult } from "../output-file.ts"
import { openPipeline, type OpenedPipeline } from "../pipeline.ts"

export const command: Command = {
  name: "graph",
  usage: ["graph [FILE]"],
  description: `Draws a pipeline: which stages it has, and which reads which. The instances of a matrix are one box with their number, unless --expand asks for all of them.

Text is for the terminal; mermaid for Markdown pages on GitHub, dot for Graphviz, svg is a picture of its own, json is for programs.`,
  flags: [
    {
      title: "Drawing",
      flags: [
        {
          name: "format",
          value: "FORMAT",
          choices: formats,
          summary: "text (the default), mermaid, dot, json or svg; -o FILE picks it by its ending"
        },
        { name: "output", short: "o", value: "FILE", summary: "write into FILE" },
        { name: "expand", short: "e", summary: "one box for each instance of a matrix" },
        { name: "states", short: "s", summary: "show what is known and what would run" },
        {
          name: "direction",
          value: "lr|tb",
          choices: ["lr", "tb"],
          summary: "of svg: left to right (the default) or top to bottom"
        }
      ]
    },
    pipelineFlags
  ],
  examples: [
    { line: "ablate graph quickstart", note: "in the terminal" },
    {
      line: "ablate graph quickstart --states -o quickstart.svg",
      note: "a picture, coloured by state"
    },
    {
      line: "ablate graph quickstart --format dot | dot -Tpdf > quickstart.pdf",
      note: "by Graphviz"
    }
  ],
  args: { min: 0, max: 1 },
  run: async (context) => {
    const { flags } = context
    const file = flags.text("output")
    const format = formatOf(flags.text("format"), file, context.json)
    const opened = await openPipeline(context)
    const { graphOf } = await import("../../report/graph/graph.ts")
    const states = flags.has("states") ? await statesOf(opened) : undefined
    const graph = graphOf(opened.pipeline, {
      expand: flags.has("expand"),
      ...(states === undefined ? {} : { states })
    })
    if (format === "json" && file === undefined) {
      context.printJson(jsonOf(graph))
      return 0
    }
    const direction = flags.text("direction") === "tb" ? "tb" : "lr"
    const text = await drawGraph(
      graph,
      format,
      direction,
      file === undefined ? context.out : undefined
    )
    if (file === undefined) context.out.write(text)
    else writeResult(file, text, context)
    return 0
  }
}

const statesOf = async (opened: OpenedPipeline): Promise<ReadonlyMap<string, NodeState>> => {
  const { planPipeline } = await import("../../plan/decide.ts")
  const plan = planPipeline(opened.pipeline, opened.planContext)
  opened.saveDigests()
  return new Map(plan.decisions.map(({ instance, state }) => [instance.id, state]))
}

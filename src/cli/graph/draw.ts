/** A graph in the format that was asked for. */
import { extname } from "node:path"
import { UserError } from "../../base/user-error.ts"
import type { Graph } from "../../report/graph/graph.ts"
import type { Direction } from "../../report/graph/layout.ts"
import type { Terminal } from "../terminal.ts"

export const formats = ["text", "mermaid", "dot", "json", "svg"] as const
export type Format = (typeof formats)[number]

const byEnding: { readonly [ending: string]: Format } = {
  ".txt": "text",
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
  ".dot": "dot",
  ".gv": "dot",
  ".json": "json",
  ".svg": "svg"
}

/** `--format`, else the ending of the file, else text. */
export const formatOf = (
  asked: string | undefined,
  file: string | undefined,
  json: boolean
): Format => {
  if (asked !== undefined) return formats.find((format) => format === asked) ?? "text"
  if (file === undefined) return json ? "json" : "text"
  const format = byEnding[extname(file).toLowerCase()]
  if (format !== undefined) return format
  throw new UserError(`which format should ${file} have?`, {
    hint: `its ending says so (${Object.keys(byEnding).join(", ")}), or --format`
  })
}

export const jsonOf = (graph: Graph) => ({
  pipeline: graph.pipeline,
  file: graph.file,
  nodes: graph.nodes,
  edges: graph.edges
})

/** The time that the layout takes grows with the square of the boxes: this many take some seconds. */
const mostBoxes = 600

const checkSize = ({ nodes }: Graph): void => {
  if (nodes.length <= mostBoxes) return
  throw new UserError(`${nodes.length} boxes are too many for one picture`, {
    hint: "leave out --expand, or let Graphviz draw it: --format dot | sfdp -Tsvg"
  })
}

/** @param out the terminal that text is laid out for; absent for a file */
export const drawGraph = async (
  graph: Graph,
  format: Format,
  direction: Direction,
  out: Terminal | undefined
): Promise<string> => {
  switch (format) {
    case "text": {
      const { textOf } = await import("./text.ts")
      return textOf(graph, out)
    }
    case "mermaid":
      return (await import("../../report/graph/mermaid.ts")).mermaidOf(graph)
    case "dot":
      return (await import("../../report/graph/dot.ts")).dotOf(graph)
    case "svg":
      checkSize(graph)
      return (await import("../../report/graph/svg.ts")).svgOf(graph, direction)
    default:
      return `${JSON.stringify({ version: 1, ...jsonOf(graph) }, undefined, 2)}\n`
  }
}

/** A graph in Graphviz's language. */
import { type Graph, type GraphNode, leadingState } from "./graph.ts"

export const dotOf = (graph: Graph): string =>
  [
    `digraph ${quote(graph.pipeline)} {`,
    "  rankdir=LR",
    '  node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#718096", fontname="Helvetica", fontsize=11]',
    '  edge [color="#a0aec0", arrowsize=0.7, fontname="Helvetica", fontsize=9, fontcolor="#718096"]',
    ...graph.nodes.map(
      (node) => `  ${quote(node.id)} [label=${quote(labelOf(node))}${colours(node)}]`
    ),
    ...graph.edges.map((edge) => {
      const ports = [...new Set(edge.ports.map((port) => port.from))].join(", ")
      return `  ${quote(edge.from)} -> ${quote(edge.to)} [label=${quote(ports)}]`
    }),
    "}",
    ""
  ].join("\n")

const labelOf = (node: GraphNode): string => {
  const times = node.instances.length > 1 ? ` ×${node.instances.length}` : ""
  return `${node.id}${times}\n${node.uses}`
}

const colours = (node: GraphNode): string => {
  const state = leadingState(node)
  if (state === undefined) return ""
  const [fill, line] = states[state]
  return `, fillcolor="${fill}", color="${line}"`
}

const states = {
  known: ["#e7f5ec", "#2f855a"],
  run: ["#fef3e2", "#b7791f"],
  depends: ["#eef2f7", "#718096"]
} as const

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`

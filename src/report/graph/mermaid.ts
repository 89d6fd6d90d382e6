/** A graph in Mermaid's language, which GitHub and many wikis draw. */
import { type Graph, type GraphNode, leadingState } from "./graph.ts"

export const mermaidOf = (graph: Graph): string => {
  const names = new Map(graph.nodes.map((node, index) => [node.id, `n${index}`]))
  const lines = [
    "flowchart LR",
    ...graph.nodes.map((node) => `  ${names.get(node.id)}["${labelOf(node)}"]${classOf(node)}`),
    ...graph.edges.map((edge) => {
      const ports = edge.ports.map((port) => port.from).filter(unique)
      return `  ${names.get(edge.from)} -->|"${escapeText(ports.join(", "))}"| ${names.get(edge.to)}`
    })
  ]
  const used = new Set(graph.nodes.map(leadingState).filter((state) => state !== undefined))
  for (const state of used) lines.push(`  classDef ${state} ${classes[state]}`)
  return `${lines.join("\n")}\n`
}

const labelOf = (node: GraphNode): string => {
  const times = node.instances.length > 1 ? ` ×${node.instances.length}` : ""
  return `<b>${escapeText(node.id)}</b>${times}<br/>${escapeText(node.uses)}`
}

const classOf = (node: GraphNode): string => {
  const state = leadingState(node)
  return state === undefined ? "" : `:::${state}`
}

const classes = {
  known: "fill:#e7f5ec,stroke:#2f855a,color:#1c4532",
  run: "fill:#fef3e2,stroke:#b7791f,color:#5f370e",
  depends: "fill:#eef2f7,stroke:#718096,color:#2d3748"
} as const

/** Mermaid takes character entities inside quotes, and ends the text at a plain quote. */
const escapeText = (text: string): string =>
  text.replaceAll(/[&"<>|[\]{}#;]/g, (character) => `#${character.codePointAt(0)};`)

const unique = <T>(item: T, index: number, all: ReadonlyArray<T>): boolean =>
  all.indexOf(item) === index

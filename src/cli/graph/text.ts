/** A graph for the terminal: rails, names, stage types, and states where they are known. */
import {
  type Graph,
  type GraphNode,
  leadingState,
  type NodeState,
  stateText
} from "../../report/graph/graph.ts"
import { railsOf } from "../../report/graph/rails.ts"
import { plainStyle, type Style } from "../style.ts"
import { table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import { padEnd, textWidth } from "../text.ts"

export const textOf = (graph: Graph, out: Terminal | undefined): string => {
  const terminal = {
    style: out?.style ?? plainStyle,
    columns: out?.columns ?? Number.POSITIVE_INFINITY
  }
  const { style } = terminal
  const rails = railsOf(graph)
  const names = graph.nodes.map((node) => nameOf(node))
  const width = names.reduce((most, name) => Math.max(most, textWidth(name)), 0)
  const rows = graph.nodes.map((node, index) => [
    padEnd(names[index] ?? "", width),
    node.uses,
    overText(node),
    stateText(node)
  ])
  const lines = table([{}, { paint: style.dim }, { paint: style.dim }, {}], rows, terminal)
  return lines
    .map((line, index) => {
      const node = graph.nodes[index]
      const rail = rails[index] ?? ""
      const paint = node === undefined ? style.dim : stateStyle(style, leadingState(node))
      const drawn = rail === "" ? "" : `${rail.replace("●", paint("●"))} `
      return `${drawn}${line}\n`
    })
    .join("")
}

const nameOf = (node: GraphNode): string =>
  node.instances.length > 1 ? `${node.id} ×${node.instances.length}` : node.id

const overText = (node: GraphNode): string =>
  node.instances.length > 1 && node.axes.length > 0 ? `over ${node.axes.join(", ")}` : ""

const stateStyle = (style: Style, state: NodeState | undefined): ((text: string) => string) => {
  switch (state) {
    case "known":
      return style.green
    case "run":
      return style.yellow
    case "depends":
      return style.dim
    default:
      return style.cyan
  }
}

/** Where the boxes and lines of a graph go: layers from left to right, few crossings (dagre: Sugiyama's method). */
import * as dagre from "@dagrejs/dagre"
import type { Graph } from "./graph.ts"

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Box {
  /** Of the left upper corner. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyMap<string, Box>
  /** In the order of the graph's edges: where each starts, bends and ends. */
  readonly lines: ReadonlyArray<ReadonlyArray<Point>>
}

export type Direction = "lr" | "tb"

/**
 * @param sizeOf the size of a node's box, in pixels
 */
export const layOut = (
  graph: Graph,
  direction: Direction,
  sizeOf: (id: string) => { readonly width: number; readonly height: number }
): Layout => {
  const drawing = new dagre.graphlib.Graph()
  drawing.setGraph({
    rankdir: direction.toUpperCase(),
    nodesep: 22,
    ranksep: 56,
    edgesep: 14,
    marginx: 0,
    marginy: 0
  })
  drawing.setDefaultEdgeLabel(() => ({}))
  for (const node of graph.nodes) drawing.setNode(node.id, { ...sizeOf(node.id) })
  for (const edge of graph.edges) drawing.setEdge(edge.from, edge.to)
  dagre.layout(drawing)
  const size = drawing.graph()
  const boxes = new Map(
    graph.nodes.map((node) => {
      const { x, y, width, height } = drawing.node(node.id) as Required<Box>
      return [node.id, { x: x - width / 2, y: y - height / 2, width, height }] as const
    })
  )
  const lines = graph.edges.map((edge) => {
    const points =
      (drawing.edge(edge.from, edge.to) as { points?: ReadonlyArray<Point> }).points ?? []
    return attach(points, boxes.get(edge.from), boxes.get(edge.to), direction)
  })
  return { width: size.width ?? 0, height: size.height ?? 0, boxes, lines }
}

/** Lines leave and arrive at the middle of a side; dagre cuts them off wherever they meet the box. */
const attach = (
  points: ReadonlyArray<Point>,
  from: Box | undefined,
  to: Box | undefined,
  direction: Direction
): ReadonlyArray<Point> => {
  if (from === undefined || to === undefined) return points
  // The one bend between neighbouring layers only makes a smooth line uneven.
  const bends = points.length <= 3 ? [] : points.slice(1, -1)
  return direction === "lr"
    ? [
        { x: from.x + from.width, y: from.y + from.height / 2 },
        ...bends,
        { x: to.x, y: to.y + to.height / 2 }
      ]
    : [
        { x: from.x + from.width / 2, y: from.y + from.height },
        ...bends,
        { x: to.x + to.width / 2, y: to.y }
      ]
}

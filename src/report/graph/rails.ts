/**
 * A graph as text, one line a node: beside the names run rails, one for each node that is still to be read, which a
 * reader's line joins (`├─●`, `●─┤`). A node takes over the rail of a source that nobody reads after it, so that chains
 * stay in one column.
 */
import type { Graph } from "./graph.ts"

/** Past this many columns the rails say less than a list. */
const maxRails = 24

/** The rails of each node's line, all of one width; empty texts when the graph is too wide to draw. */
export const railsOf = (graph: Graph): ReadonlyArray<string> => {
  const sources = new Map<string, Set<string>>(graph.nodes.map((node) => [node.id, new Set()]))
  const unread = new Map<string, number>(graph.nodes.map((node) => [node.id, 0]))
  for (const edge of graph.edges) {
    sources.get(edge.to)?.add(edge.from)
    unread.set(edge.from, (unread.get(edge.from) ?? 0) + 1)
  }
  /** Which node's rail runs in each column. */
  const columns: Array<string | undefined> = []
  /** Columns of nodes that nobody reads, kept empty for one line: a mark right below would look connected. */
  let resting: number | undefined
  const rows: Array<ReadonlyArray<string>> = []
  for (const node of graph.nodes) {
    const read = columns.flatMap((rail, column) =>
      rail !== undefined && sources.get(node.id)?.has(rail) === true ? [column] : []
    )
    const ending = read.filter((column) => unread.get(columns[column] ?? "") === 1)
    const own = ending[0] ?? firstFree(columns, resting)
    rows.push(drawRow(columns, own, read, new Set(ending)))
    for (const column of read) {
      const rail = columns[column] ?? ""
      unread.set(rail, (unread.get(rail) ?? 1) - 1)
    }
    for (const column of ending) columns[column] = undefined
    const isRead = (unread.get(node.id) ?? 0) > 0
    columns[own] = isRead ? node.id : undefined
    resting = isRead ? undefined : own
    if (columns.length > maxRails) return graph.nodes.map(() => "")
  }
  const width = Math.max(0, ...rows.map((cells) => cells.length))
  return rows.map((cells) => cells.join("").padEnd(width))
}

const firstFree = (
  columns: ReadonlyArray<string | undefined>,
  resting: number | undefined
): number => {
  const free = columns.findIndex((rail, column) => rail === undefined && column !== resting)
  if (free >= 0) return free
  return resting === columns.length ? resting + 1 : columns.length
}

/** Two characters a column: the mark, and what joins it to the column on its right. */
const drawRow = (
  columns: ReadonlyArray<string | undefined>,
  own: number,
  read: ReadonlyArray<number>,
  ending: ReadonlySet<number>
): ReadonlyArray<string> => {
  const left = Math.min(own, ...read)
  const right = Math.max(own, ...read)
  const cells: Array<string> = []
  for (let column = 0; column < Math.max(columns.length, own + 1); column++) {
    const inside = column >= left && column <= right
    let mark = columns[column] === undefined ? (inside && left !== right ? "─" : " ") : "│"
    if (column === own) mark = "●"
    else if (read.includes(column)) {
      mark = joints[`${ending.has(column)} ${column > left} ${column < right}`] ?? mark
    }
    cells.push(mark, column >= left && column < right ? "─" : " ")
  }
  return cells
}

/** By: does the rail end here, does the line go on to the left, to the right. */
const joints: Readonly<Record<string, string>> = {
  "false false true": "├",
  "false true false": "┤",
  "false true true": "┼",
  "true false true": "└",
  "true true false": "┘",
  "true true true": "┴"
}

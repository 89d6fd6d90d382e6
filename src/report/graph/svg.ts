/** A graph as an SVG picture that stands alone: no script, no outside font, light and dark by the reader's setting. */
import { type Graph, type GraphNode, leadingState, stateText } from "./graph.ts"
import { type Box, type Direction, layOut, type Point } from "./layout.ts"
import { textWidth } from "./text-width.ts"

const margin = 24
const title = 44
const nameSize = 14
const usesSize = 11
/** How far the second sheet of a stack of instances peeks out. */
const stack = 4

export const svgOf = (graph: Graph, direction: Direction = "lr"): string => {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  const layout = layOut(graph, direction, (id) => sizeOf(nodes.get(id)))
  const heading = graph.pipeline
  const subheading = countText(graph)
  const width = Math.ceil(
    Math.max(layout.width, textWidth(heading, 16) + textWidth(subheading, 12) + 16) + 2 * margin
  )
  const height = Math.ceil(layout.height + 2 * margin + title)
  const lines = graph.edges.map((edge, index) => {
    const ports = edge.ports.map((port) => `${edge.from}.${port.from} → ${edge.to}.${port.to}`)
    return `<path class="edge" d="${curve(layout.lines[index] ?? [], direction)}" marker-end="url(#tip)"><title>${escape(ports.join("\n"))}</title></path>`
  })
  const boxes = graph.nodes.map((node) => drawNode(node, layout.boxes.get(node.id)))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(`Stages of the pipeline ${graph.pipeline}`)}">`,
    `<style>${style}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0.5 0.8 L7 4 L0.5 7.2 Z"/></marker></defs>',
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="${margin}" y="${margin + 14}">${escape(heading)}<tspan class="count" dx="12">${escape(subheading)}</tspan></text>`,
    `<g transform="translate(${margin} ${margin + title})">`,
    ...lines,
    ...boxes,
    "</g>",
    "</svg>",
    ""
  ].join("\n")
}

const countText = (graph: Graph): string => {
  const stages = new Set(graph.nodes.map((node) => node.stage)).size
  const instances = graph.nodes.reduce((sum, node) => sum + node.instances.length, 0)
  const words = `${stages} ${stages === 1 ? "stage" : "stages"}`
  return instances === stages ? words : `${words}, ${instances} instances`
}

/** `×6 · kernel, sigma`: how many instances, and over which axes. */
const timesText = (node: GraphNode): string =>
  node.instances.length > 1 ? `×${node.instances.length}` : ""

const axesText = (node: GraphNode): string =>
  node.instances.length > 1 && node.axes.length > 0 ? `over ${node.axes.join(", ")}` : ""

const sizeOf = (node: GraphNode | undefined): { width: number; height: number } => {
  if (node === undefined) return { width: 0, height: 0 }
  const times = timesText(node)
  const nameWidth = textWidth(node.id, nameSize) + (times === "" ? 0 : textWidth(times, 12) + 22)
  const details = [axesText(node), stateText(node)].filter((text) => text !== "")
  const width = Math.max(
    96,
    nameWidth,
    textWidth(node.uses, usesSize, "mono"),
    ...details.map((text) => textWidth(text, usesSize) + 12)
  )
  return {
    width: Math.ceil(width + 28 + (times === "" ? 0 : stack)),
    height: 50 + 16 * details.length + (times === "" ? 0 : stack)
  }
}

const drawNode = (node: GraphNode, box: Box | undefined): string => {
  if (box === undefined) return ""
  const times = timesText(node)
  const behind = times === "" ? 0 : stack
  const [width, height] = [box.width - behind, box.height - behind]
  const state = leadingState(node)
  const parts = [
    `<g class="node ${state ?? "plain"}" transform="translate(${round(box.x)} ${round(box.y)})">`
  ]
  if (behind > 0) {
    parts.push(
      `<rect class="sheet" x="${behind}" y="${behind}" width="${width}" height="${height}" rx="8"/>`
    )
  }
  parts.push(
    `<title>${escape(node.instances.join("\n"))}</title>`,
    `<rect class="box" width="${width}" height="${height}" rx="8"/>`,
    `<text class="name" x="14" y="22">${escape(node.id)}</text>`
  )
  if (times !== "") {
    const badge = Math.ceil(textWidth(times, 12) + 12)
    parts.push(
      `<rect class="badge" x="${width - badge - 8}" y="8" width="${badge}" height="18" rx="9"/>`,
      `<text class="times" x="${width - 8 - badge / 2}" y="21" text-anchor="middle">${escape(times)}</text>`
    )
  }
  parts.push(`<text class="uses" x="14" y="40">${escape(node.uses)}</text>`)
  let y = 56
  if (axesText(node) !== "") {
    parts.push(`<text class="axes" x="14" y="${y}">${escape(axesText(node))}</text>`)
    y += 16
  }
  if (state !== undefined) {
    parts.push(
      `<circle class="dot" cx="18" cy="${y - 4}" r="3.5"/>`,
      `<text class="state" x="26" y="${y}">${escape(stateText(node))}</text>`
    )
  }
  parts.push("</g>")
  return parts.join("")
}

/** A smooth line through the bends: it leaves and arrives along the direction of reading. */
const curve = (points: ReadonlyArray<Point>, direction: Direction): string => {
  const [first, ...rest] = points
  if (first === undefined) return ""
  let path = `M${round(first.x)} ${round(first.y)}`
  let from = first
  for (const to of rest) {
    const half = direction === "lr" ? (to.x - from.x) / 2 : (to.y - from.y) / 2
    path +=
      direction === "lr"
        ? ` C${round(from.x + half)} ${round(from.y)} ${round(to.x - half)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`
        : ` C${round(from.x)} ${round(from.y + half)} ${round(to.x)} ${round(to.y - half)} ${round(to.x)} ${round(to.y)}`
    from = to
  }
  return path
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10

const escape = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")

/** Fixed colours first, for programs that know no media queries or variables (librsvg, Inkscape). */
const style = `
.page{fill:#fff}
text{font-family:Helvetica,Arial,"Liberation Sans",sans-serif;fill:#1f2933}
.title{font-size:16px;font-weight:600}
.count{font-size:12px;font-weight:400;fill:#7b8794}
.edge{fill:none;stroke:#b3bcc6;stroke-width:1.4}
.tip{fill:#b3bcc6}
.box,.sheet{fill:#fff;stroke:#9aa5b1;stroke-width:1.2}
.name{font-size:${nameSize}px;font-weight:600}
.uses{font-size:${usesSize}px;font-family:Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:#616e7c}
.axes,.state{font-size:${usesSize}px;fill:#616e7c}
.badge{fill:#edf1f5}
.times{font-size:12px;fill:#52606d}
.known .box,.known .sheet{fill:#f2faf5;stroke:#5aa77a}
.known .dot{fill:#3f9163}
.run .box,.run .sheet{fill:#fff8ec;stroke:#d69e2e}
.run .dot{fill:#c98a12}
.depends .box,.depends .sheet{fill:#f6f8fa;stroke:#9aa5b1;stroke-dasharray:4 3}
.depends .dot{fill:#9aa5b1}
@media (prefers-color-scheme:dark){
.page{fill:#15191e}
text{fill:#e4e7eb}
.count,.uses,.axes,.state{fill:#9aa5b1}
.edge{stroke:#52606d}
.tip{fill:#52606d}
.box,.sheet{fill:#1f262e;stroke:#52606d}
.badge{fill:#323f4b}
.times{fill:#cbd2d9}
.known .box,.known .sheet{fill:#17271e;stroke:#3f9163}
.run .box,.run .sheet{fill:#2b2412;stroke:#c98a12}
.depends .box,.depends .sheet{fill:#1b2026;stroke:#616e7c}
}
`

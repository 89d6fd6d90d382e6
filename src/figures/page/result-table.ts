/** The table of results as HTML: what differs, then each metric, the best of them marked. */
import type { Comparison, MetricColumn, Variant } from "../comparison/comparison.ts"
import { placesOf, spreadParts } from "../number-text.ts"
import { escapeHtml } from "./html.ts"
import { swatch } from "./swatch.ts"

/** Best first. Sorted by a click where the page's script runs. */
export const resultTable = ({ axes, by, metrics, ranking, variants }: Comparison): string => {
  const names = axes.length === 0 ? ["variant"] : axes.map(({ name }) => name)
  const shown = metrics
    .filter(({ name }) => name !== "bestEpoch")
    .toSorted((a, b) => Number(b === by) - Number(a === by))
    .map((metric) => ({
      metric,
      places: placesOf(variants.flatMap(({ spreads }) => spreads.get(metric.name) ?? []))
    }))
  const uneven = new Set(variants.map(({ runs }) => runs.length)).size > 1
  const heads = [
    ...names.map((name) => head(escapeHtml(name), "word")),
    ...(uneven ? [head("runs")] : []),
    ...shown.map(({ metric }) => head(metricHead(metric), "", metric === by ? order(metric) : ""))
  ]
  const rows = ranking.flatMap((index) => {
    const variant = variants[index]
    if (variant === undefined) return []
    const cells = [
      ...names.map((name, column) => {
        const text = escapeHtml(axes.length === 0 ? variant.name : (variant.point.get(name) ?? ""))
        return `<td class="word">${column === 0 ? swatch(index) : ""}${text}</td>`
      }),
      ...(uneven ? [`<td data-value="${variant.runs.length}">${variant.runs.length}</td>`] : []),
      ...shown.map(({ metric, places }) => cell(metric, variant, index, places))
    ]
    return [`<tr>${cells.join("")}</tr>`]
  })
  return `<div class="scroll"><table>
<thead><tr>${heads.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>`
}

const head = (text: string, kind = "", sorted = ""): string =>
  `<th scope="col"${kind === "" ? "" : ` class="${kind}"`}${sorted}><button type="button">${text}</button></th>`

const order = ({ direction }: MetricColumn) =>
  ` aria-sort="${direction === "max" ? "descending" : "ascending"}"`

const arrows = { min: " ↓", max: " ↑" } as const

/** The arrow does not stand alone on a line. */
const metricHead = ({ direction, title }: MetricColumn): string => {
  const text = escapeHtml(title)
  if (direction === undefined) return text
  const at = text.lastIndexOf(" ") + 1
  return `${text.slice(0, at)}<span style="white-space:nowrap">${text.slice(at)}${arrows[direction]}</span>`
}

const cell = (
  { best, name }: MetricColumn,
  { spreads }: Variant,
  index: number,
  places: number | undefined
): string => {
  const spread = spreads.get(name)
  if (spread === undefined) return "<td>–</td>"
  const [mean, deviation] = spreadParts(spread, places)
  const more = deviation === undefined ? "" : ` <span class="deviation">± ${deviation}</span>`
  const mark = best.includes(index) ? ` class="best" title="the best"` : ""
  return `<td data-value="${spread.mean}"${mark}>${mean}${more}</td>`
}

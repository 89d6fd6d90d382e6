/** A comparison as a table in the terminal. */
import { movingMean, evenlySpaced } from "../../figures/chart/smooth.ts"
import type { Comparison, MetricColumn, Variant } from "../../figures/comparison/comparison.ts"
import { plainText, summaryOf } from "../../figures/comparison/summary.ts"
import { numberText, placesOf, spreadText } from "../../figures/number-text.ts"
import { type Column, table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import { textWidth, wrap } from "../text.ts"

const arrows = { min: "↓", max: "↑" } as const

/** @param all every metric, however wide the table becomes */
export const printComparison = (comparison: Comparison, out: Terminal, all: boolean): void => {
  const { axes, by, metrics, notes, over, ranking, same, variants } = comparison
  const { bold, dim, green, yellow } = out.style
  const rows = ranking.flatMap((index) => {
    const variant = variants[index]
    return variant === undefined ? [] : [{ index, variant }]
  })
  const curves = sparklines(variants)
  const named = axes.length === 0 ? ["variant"] : axes.map(({ name }) => name)
  const front: ReadonlyArray<Part> = [
    ...named.map((name) => ({
      column: { head: name, paint: bold },
      cells: rows.map(({ variant }) =>
        axes.length === 0 ? variant.name : (variant.point.get(name) ?? "")
      )
    })),
    ...(curves.size === 0
      ? []
      : [
          {
            column: { head: "loss by step", paint: dim },
            cells: rows.map(({ index }) => curves.get(index) ?? "")
          }
        ])
  ]
  const measured = metrics
    .filter(({ name }) => all || name !== "bestEpoch")
    .toSorted((a, b) => Number(b === by) - Number(a === by))
    .map((metric) => metricPart(metric, rows, (text) => (text.endsWith(mark) ? green(text) : text)))
  const shown = all ? measured : fitting(front, measured, out.columns)
  const parts = [...front, ...shown]
  for (const line of table(
    parts.map(({ column }) => column),
    rows.map((_, row) => parts.map(({ cells }) => cells[row] ?? "")),
    out
  )) {
    out.line(line)
  }
  const left = measured.filter((part) => !shown.includes(part)).map(({ metric }) => metric.name)
  const legend = [
    over === undefined || variants.every(({ runs }) => runs.length < 2)
      ? ""
      : `mean ± standard deviation over ${over.name}`,
    shown.some(({ metric }) => metric.best.length > 0) ? `${mark} the best` : "",
    left.length === 0 ? "" : `not shown: ${left.join(", ")} (-v)`
  ].filter((part) => part !== "")
  if (all && same.length > 0) {
    const facts = same.map(({ name, value }) => `${name} ${numberText(value)}`)
    legend.push(`the same in all runs: ${facts.join(", ")}`)
  }
  if (legend.length > 0) out.line(dim(wrap(legend.join(" · "), out.columns)))
  out.line()
  const words = plainText(summaryOf(comparison))
    .trim()
    .replace(/^This page compares/, "Compared:")
  out.line(wrap(words, out.columns))
  for (const note of notes) out.line(yellow(wrap(`! ${note}`, out.columns, "  ")))
}

interface Part {
  readonly column: Column
  readonly cells: ReadonlyArray<string>
}

const mark = "*"

const metricPart = (
  metric: MetricColumn,
  rows: ReadonlyArray<{ readonly index: number; readonly variant: Variant }>,
  paint: (text: string) => string
): Part & { readonly metric: MetricColumn } => {
  const { best, direction, name } = metric
  const places = placesOf(rows.flatMap(({ variant }) => variant.spreads.get(name) ?? []))
  const cells = rows.map(({ index, variant }) => {
    const spread = variant.spreads.get(name)
    return `${spread === undefined ? "-" : spreadText(spread, places)} ${best.includes(index) ? mark : " "}`
  })
  const head = direction === undefined ? `${name}  ` : `${name} ${arrows[direction]}`
  return { metric, column: { head, align: "right", paint }, cells }
}

/** Those that stand beside the first columns within the terminal's width, at least one. */
const fitting = <P extends Part>(
  front: ReadonlyArray<Part>,
  parts: ReadonlyArray<P>,
  columns: number
): ReadonlyArray<P> => {
  const widthOf = ({ cells, column }: Part) =>
    Math.max(...[...cells, column.head ?? ""].map((cell) => textWidth(cell))) + 2
  let left = columns + 2 - front.reduce((sum, part) => sum + widthOf(part), 0)
  return parts.filter((part, index) => {
    left -= widthOf(part)
    return left >= 0 || index === 0
  })
}

const blocks = "▁▂▃▄▅▆▇█"
const sparklineWidth = 16

/** Smoothed losses of the first run of each variant, on one logarithmic scale for all. */
const sparklines = (variants: ReadonlyArray<Variant>): ReadonlyMap<number, string> => {
  const curves = variants.map(({ runs: [run] }) => {
    const losses = (run?.value.metrics?.series ?? []).flatMap(({ loss }) =>
      typeof loss === "number" ? [loss] : []
    )
    if (losses.length < sparklineWidth) return []
    const smooth = movingMean(losses, Math.ceil(losses.length / sparklineWidth))
    return evenlySpaced(smooth.length, sparklineWidth).map((index) => Math.log(smooth[index]!))
  })
  const finite = curves.flat().filter((value) => Number.isFinite(value))
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  return new Map(
    curves.flatMap((curve, index) =>
      curve.length === 0
        ? []
        : [
            [
              index,
              curve
                .map((value) =>
                  Number.isFinite(value)
                    ? blocks[Math.round(((value - low) / (high - low || 1)) * (blocks.length - 1))]
                    : "×"
                )
                .join("")
            ]
          ]
    )
  )
}

/** A comparison in plain words: what was compared, and what came out best. Parts in `strong` are names of variants. */
import type { Spread } from "../../values/aggregate.ts"
import { countText, groupedInteger, listText, spreadText } from "../number-text.ts"
import type { Comparison, MetricColumn } from "./comparison.ts"

export interface Words {
  readonly text: string
  readonly strong?: boolean
}

export const summaryOf = (comparison: Comparison): ReadonlyArray<Words> => [
  { text: whatWasCompared(comparison) },
  ...whoWins(comparison)
]

/** Without emphasis. */
export const plainText = (words: ReadonlyArray<Words>): string =>
  words.map(({ text }) => text).join("")

const whatWasCompared = (comparison: Comparison): string => {
  const { axes, constant, over, variants } = comparison
  const runs = variants.flatMap((variant) => variant.runs)
  const by =
    axes.length === 0
      ? countText(variants.length, "variant")
      : listText(axes.map(({ name, values }) => `${countText(values.length, "value")} of ${name}`))
  const many = variants.length > 1
  const averaged =
    over === undefined
      ? ""
      : `, each over ${countText(over.values.length, "value")} of ${over.name} (${shortList(over.values)})`
  const count = over === undefined && axes.length < 2 ? "" : `: ${countText(runs.length, "run")}`
  const fixed =
    constant.length === 0
      ? ""
      : `, at ${listText(constant.map(({ name, value }) => `${name} ${value}`))}`
  const extent = extentText(comparison)
  const each = many && averaged + count === "" && extent !== "" ? ", each" : ""
  return `This page compares ${many ? by : "one variant"}${averaged}${count}${each}${extent}${fixed}. `
}

/** The number that all runs have, of a scalar such as `steps`. */
const common = ({ variants }: Comparison, scalar: string): number | undefined => {
  const values = new Set(
    variants.flatMap(({ runs }) => runs.map(({ value }) => value.scalars[scalar]))
  )
  return values.size === 1 ? [...values][0] : undefined
}

const extentText = (comparison: Comparison): string => {
  const [epochs, steps] = [common(comparison, "epochs"), common(comparison, "steps")]
  if (steps === undefined) return ""
  const inEpochs = epochs === undefined ? "" : ` in ${countText(epochs, "epoch")}`
  return ` of ${groupedInteger(steps)} training steps${inEpochs}`
}

const shortList = (values: ReadonlyArray<string>): string =>
  values.length <= 6 ? listText(values) : `${values.slice(0, 5).join(", ")}, …`

const whoWins = (comparison: Comparison): ReadonlyArray<Words> => {
  const { by, metrics, ranking, variants } = comparison
  if (by === undefined || variants.length < 2) return []
  const winner = ranking[0] ?? 0
  const others = metrics.filter(
    (metric) => metric !== by && metric.direction !== undefined && metric.best.length > 0
  )
  const also = others.filter(({ best }) => best.length === 1 && best[0] === winner)
  const elsewhere = others.filter((metric) => metric.best.length === 1 && !also.includes(metric))
  return [
    ...lead(comparison, by, winner),
    ...(also.length === 0 || by.best.length !== 1
      ? []
      : [
          { text: variants[winner]?.name ?? "", strong: true },
          { text: ` also has the ${superlatives(comparison, also, winner)}. ` }
        ]),
    ...[...Map.groupBy(elsewhere, ({ best }) => best[0] ?? 0)].flatMap(
      ([best, metrics]): ReadonlyArray<Words> => [
        { text: variants[best]?.name ?? "", strong: true },
        { text: ` has the ${superlatives(comparison, metrics, best)}. ` }
      ]
    )
  ]
}

const lead = (comparison: Comparison, by: MetricColumn, winner: number): ReadonlyArray<Words> => {
  const { over, ranking, variants } = comparison
  if (by.best.length !== 1) {
    const names = listText(by.best.map((index) => variants[index]?.name ?? ""))
    if (by.best.length === variants.length) {
      return [
        { text: `All variants have the same ${by.title}, ${valueText(comparison, by, winner)}. ` }
      ]
    }
    return by.best.length === 0
      ? [{ text: `No variant has a ${by.title}. ` }]
      : [{ text: `${names} share the ${superlative(by)}, ${valueText(comparison, by, winner)}. ` }]
  }
  const second = ranking[1] ?? winner
  const [first, next] = [winner, second].map((index) => variants[index]?.spreads.get(by.name))
  return [
    { text: variants[winner]?.name ?? "", strong: true },
    { text: ` has the ${superlative(by)}, ${valueText(comparison, by, winner)}` },
    ...(next === undefined || Number.isNaN(next.mean)
      ? [{ text: ". " }]
      : [
          { text: "; next is " },
          { text: variants[second]?.name ?? "", strong: true },
          { text: ` with ${valueText(comparison, by, second)}${doubt(first, next, over?.name)}. ` }
        ])
  ]
}

/**
 * Two deviations say how far apart two means may be by chance; the difference is named where it is no larger than the
 * deviation of such a difference, the root of the sum of squares.
 */
const doubt = (first: Spread | undefined, next: Spread, over: string | undefined): string => {
  if (first === undefined || over === undefined) return ""
  if (first.deviation === undefined || next.deviation === undefined) {
    return `, though one run each cannot say how much that is worth`
  }
  const apart = Math.abs(first.mean - next.mean)
  return apart <= Math.hypot(first.deviation, next.deviation)
    ? `, a difference within the deviation over ${over}`
    : ""
}

const superlatives = (
  comparison: Comparison,
  metrics: ReadonlyArray<MetricColumn>,
  index: number
): string =>
  listText(
    metrics.map((metric) => `${superlative(metric)} (${valueText(comparison, metric, index)})`)
  )

const superlative = ({ direction, title }: MetricColumn): string =>
  `${direction === "min" ? "lowest" : "highest"} ${title}`

const valueText = ({ variants }: Comparison, { name }: MetricColumn, index: number): string => {
  const spread = variants[index]?.spreads.get(name)
  return spread === undefined ? "–" : spreadText(spread)
}

/** Numbers in reports: as many digits as they are worth. */
import type { Spread } from "../values/aggregate.ts"

/** Four significant digits; exponents where zeros would have to be counted. */
export const numberText = (value: number, digits = 4): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞"
  if (value === 0) return "0"
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return groupedInteger(value)
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 1).replace(/\.?0*e\+?/, "e")
  return size >= 10 ** digits
    ? groupedInteger(Math.round(value))
    : value
        .toPrecision(digits)
        .replace(/(\.\d*?)0+$/, "$1")
        .replace(/\.$/, "")
}

/** `0.0931 ± 0.0004`: the mean to the place of the deviation's first digit, or its second where the first is a 1. */
export const spreadText = (spread: Spread, places = placesOf([spread])): string => {
  const [mean, deviation] = spreadParts(spread, places)
  return deviation === undefined ? mean : `${mean} ± ${deviation}`
}

/**
 * Mean, and deviation where there is one.
 *
 * @param column decimal places of the column; a deviation that would vanish in them has more
 */
export const spreadParts = (
  spread: Spread,
  column: number | undefined
): readonly [mean: string, deviation?: string] => {
  const { deviation, mean } = spread
  const vanishes =
    column === undefined ||
    (deviation !== undefined && deviation > 0 && deviation < 0.5 / 10 ** column)
  const places = vanishes ? placesOf([spread]) : column
  if (deviation === undefined || !Number.isFinite(mean)) return [numberText(mean)]
  if (places === undefined) return [numberText(mean), numberText(deviation)]
  if (places <= 6) return [mean.toFixed(places), deviation.toFixed(places)]
  const exponent = Math.floor(Math.log10(Math.max(Math.abs(mean), deviation)))
  const scaled = (value: number) =>
    `${(value / 10 ** exponent).toFixed(clamp(places + exponent, 0, 6))}e${exponent}`
  return [scaled(mean), scaled(deviation)]
}

/**
 * Decimal places that fit a column of spreads, so that its numbers can be read down: those of the middle deviation, of two the smaller one.
 *
 * @returns undefined where no spread has a deviation above zero
 */
export const placesOf = (spreads: ReadonlyArray<Spread>): number | undefined => {
  const places = spreads
    .flatMap(({ deviation = 0 }) => {
      if (!(deviation > 0) || !Number.isFinite(deviation)) return []
      const exponent = Math.floor(Math.log10(deviation))
      return [clamp((deviation / 10 ** exponent < 2 ? 1 : 0) - exponent, 0, 20)]
    })
    .toSorted((a, b) => a - b)
  return places[Math.floor(places.length / 2)]
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** `9 380` from five digits on, with a narrow space that does not break. */
export const groupedInteger = (value: number): string =>
  Math.abs(value) < 10_000
    ? String(value)
    : String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, "\u202F")

/** `a, b and c`. */
export const listText = (items: ReadonlyArray<string>): string =>
  items.length <= 1 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`

/** `3 seeds`, `1 run`. */
export const countText = (count: number, singular: string, plural = `${singular}s`): string =>
  `${groupedInteger(count)} ${count === 1 ? singular : plural}`

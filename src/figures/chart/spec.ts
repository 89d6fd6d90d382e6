/** What all figures have in common: where they stand, and how a variant is drawn. */
import type { TopLevelSpec } from "vega-lite"
import type { Comparison } from "../comparison/comparison.ts"
import { dashes, palettes } from "./theme.ts"

/** A figure on a page follows its width, and a legend on the page; one that stands alone has its own. */
export type Place = "page" | "alone"

export interface Figure {
  /** In Vega-Lite, with `data` by name only. */
  readonly spec: TopLevelSpec
  readonly datasets: { readonly [name: string]: ReadonlyArray<object> }
}

/** The types of Vega-Lite take no readonly arrays; the tests hold every figure against its JSON Schema instead. */
export const vegaLite = (spec: object): TopLevelSpec => spec as TopLevelSpec

export const frameOf = (place: Place, height: number, width = 720) =>
  place === "page"
    ? ({
        width: "container",
        height,
        background: "transparent",
        autosize: { type: "fit-x", contains: "padding" }
      } as const)
    : ({ width, height, padding: 16, background: "#ffffff" } as const)

/** Steps in thousands where there are many; fractions of epochs and seconds as they are. */
export const countLabel = "format(datum.value, abs(datum.value) >= 1000 ? '~s' : '~r')"

/** Where a logarithmic axis is ruled: powers of ten, and 2 and 5 times them where there are few. */
export const logTicks = (low: number, high: number): ReadonlyArray<number> => {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const decades = Math.log10(high / low)
  const steps = decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8]
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
    .filter((tick) => tick >= low && tick <= high)
}

/** Indices of variants as lines: colours first, dashes when they run out. */
export const variantStyle = (
  { axes, variants }: Pick<Comparison, "axes" | "variants">,
  place: Place
) => {
  const domain = variants.map((_, index) => index)
  const names = JSON.stringify(variants.map(({ name }) => name))
  const legend =
    place === "page" || variants.length < 2
      ? null
      : {
          title: axes.length === 1 ? (axes[0]?.name ?? null) : null,
          labelExpr: `${names}[datum.value]`,
          symbolType: "stroke" as const,
          symbolOpacity: 1
        }
  const dashOf = (index: number) =>
    dashes[Math.floor(index / palettes.light.length) % dashes.length]?.slice() ?? []
  return {
    color: {
      field: "variant",
      type: "nominal",
      scale: { domain, range: domain.map((index) => colourOf(index)) },
      legend
    },
    strokeDash:
      variants.length <= palettes.light.length
        ? { value: [1, 0] }
        : {
            field: "variant",
            type: "nominal",
            scale: { domain, range: domain.map(dashOf) },
            legend
          }
  } as const
}

const colourOf = (index: number): string =>
  palettes.light[index % palettes.light.length] ?? "#000000"

/** The legend of a page hides variants by this signal, a list of their indices. */
export const hiddenVariants = { name: "hidden", value: [] }
export const isShown = { filter: "indexof(hidden, datum.variant) < 0" }

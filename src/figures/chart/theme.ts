/** How figures look: colours that people with any colour vision can tell apart, thin rules, no decoration. */
import type { Config } from "vega"

export type Theme = "light" | "dark"

/**
 * After Okabe & Ito 2008 ("Color Universal Design"), in an order in which neighbours differ most. On white their yellow is
 * replaced by a wine red; on black, black is white, and the others are lighter.
 */
export const palettes: { readonly [theme in Theme]: ReadonlyArray<string> } = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#1b1b1b", "#882255"],
  dark: ["#4a9fe0", "#ef7f45", "#20c997", "#e39cc3", "#9fd8f7", "#f2b632", "#f2f2f2", "#b8506b"]
}

/** Beyond eight variants colours come again, with another dash. */
export const dashes: ReadonlyArray<ReadonlyArray<number>> = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3]
]

const ink: {
  readonly [theme in Theme]: {
    readonly text: string
    readonly faint: string
    readonly rule: string
  }
} = {
  light: { text: "#33363a", faint: "#6b7076", rule: "#e3e5e8" },
  dark: { text: "#d5d8dc", faint: "#9aa0a7", rule: "#33373d" }
}

export const fontStack =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

export const configOf = (theme: Theme): Config => {
  const { faint, rule, text } = ink[theme]
  // The types of Vega leave `font` out of a configuration.
  const font: object = { font: fontStack }
  return {
    ...font,
    axis: {
      domainColor: rule,
      gridColor: rule,
      gridWidth: 1,
      tickColor: rule,
      tickSize: 4,
      labelColor: faint,
      labelFontSize: 11,
      labelPadding: 4,
      titleColor: text,
      titleFontSize: 12,
      titleFontWeight: "normal",
      titlePadding: 8
    },
    legend: {
      labelColor: text,
      labelFontSize: 12,
      labelLimit: 220,
      symbolStrokeWidth: 2.5,
      symbolSize: 200,
      titleColor: faint,
      titleFontSize: 11,
      titleFontWeight: "normal"
    },
    title: { color: text, fontSize: 14, fontWeight: 600, anchor: "start", offset: 12 },
    style: { cell: { stroke: "transparent" } }
  }
}

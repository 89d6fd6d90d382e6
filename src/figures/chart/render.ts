/** Vega-Lite to Vega, and to SVG without a browser. Vega is loaded when the first figure is drawn. */
import type { Spec } from "vega"
import type { Figure } from "./spec.ts"
import { configOf } from "./theme.ts"

/** For Vega's runtime, without data: `withData` puts them in. */
export const compileFigure = async ({ spec }: Figure): Promise<Spec> => {
  const { compile } = await import("vega-lite")
  const compiled = compile(spec, { logger: silent() }).spec
  // An address that nothing looks up, in pages that say they need none.
  delete compiled.$schema
  return compiled
}

/** A file of its own, in the light theme. Equal figures give equal bytes. */
export const svgOf = async (figure: Figure): Promise<string> => {
  const { parse, resetSVGDefIds, View } = await import("vega")
  const view = new View(parse(withData(await compileFigure(figure), figure), configOf("light")), {
    renderer: "none"
  })
  try {
    await view.runAsync()
    // The identifiers of clip paths count up over all figures of a process.
    resetSVGDefIds()
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

/** Named data become those of the figure. */
export const withData = (spec: Spec, { datasets }: Pick<Figure, "datasets">): Spec =>
  Object.assign(structuredClone(spec), {
    data: (spec.data ?? []).map((data) => {
      const values = datasets[data.name]
      return values === undefined ? data : Object.assign({}, data, { values })
    })
  })

/** Vega-Lite's warnings are for who writes a specification; the tests see them. */
const silent = () => {
  const logger = {
    level: () => logger,
    error: () => logger,
    warn: () => logger,
    info: () => logger,
    debug: () => logger
  }
  return logger as never
}

/** Views from their parameters. */
import { UserError } from "../../../base/user-error.ts"
import { shuffled } from "../../../engine/random/shuffled.ts"
import { jigsaw } from "./jigsaw.ts"
import { movingView, type View } from "./view.ts"
import type { ViewParams } from "./view-params.ts"

/**
 * Names and definitions after the views of Geng, Park & Owens 2024 (arXiv:2311.17919, section 3.3 and table 3).
 *
 * @throws UserError when the view does not fit images of this size
 */
export const makeView = (params: ViewParams, height: number, width: number): View => {
  const problem = viewProblem(params, height, width)
  if (problem !== undefined) throw new UserError(problem)
  const moving = (sourceOf: Parameters<typeof movingView>[2]) => movingView(height, width, sourceOf)
  const settings = typeof params === "string" ? { kind: params } : params
  switch (settings.kind) {
    case "identity":
      return moving((row, column) => [row, column])
    case "flip-vertical":
      return moving((row, column) => [height - 1 - row, column])
    case "flip-horizontal":
      return moving((row, column) => [row, width - 1 - column])
    case "rotate-90":
      return moving((row, column) => [width - 1 - column, row])
    case "rotate-180":
      return moving((row, column) => [height - 1 - row, width - 1 - column])
    case "rotate-270":
      return moving((row, column) => [column, height - 1 - row])
    case "negative":
      return { ...moving((row, column) => [row, column]), sign: -1 }
    case "inner-circle": {
      // 24 of 64 pixels in the authors' code.
      const radius = (Math.min(height, width) * 3) / 8
      const inside = (row: number, column: number) =>
        Math.hypot(row - (height - 1) / 2, column - (width - 1) / 2) < radius
      return moving((row, column) =>
        inside(row, column) ? [height - 1 - row, width - 1 - column] : [row, column]
      )
    }
    case "skew":
      // The middle column stays.
      return moving((row, column) => {
        const shift = Math.round((column - Math.floor(width / 2)) * settings.factor)
        return [(((row - shift) % height) + height) % height, column]
      })
    case "pixels": {
      const places = shuffled(height * width, settings.seed, "view")
      return moving((row, column) => {
        const place = places[row * width + column]!
        return [Math.floor(place / width), place % width]
      })
    }
    case "patches": {
      const { size } = settings
      const across = width / size
      const places = shuffled((height / size) * across, settings.seed, "view")
      return moving((row, column) => {
        const place = places[Math.floor(row / size) * across + Math.floor(column / size)]!
        return [
          Math.floor(place / across) * size + (row % size),
          (place % across) * size + (column % size)
        ]
      })
    }
    default:
      return jigsaw(height, settings.seed)
  }
}

const square: ReadonlySet<string> = new Set(["rotate-90", "rotate-270", "jigsaw"])

/** Why a view cannot be of images of this size, as far as the size is known. */
export const viewProblem = (
  params: ViewParams,
  height: number | undefined,
  width: number | undefined
): string | undefined => {
  if (height === undefined || width === undefined) return undefined
  const kind = typeof params === "string" ? params : params.kind
  if (square.has(kind) && height !== width) {
    return `the view ${kind} is of square images, not of ${width} x ${height}`
  }
  if (kind === "jigsaw" && height % 4 !== 0) {
    return `a jigsaw of 4 x 4 pieces needs a side that is a multiple of 4, not ${height}`
  }
  if (typeof params !== "string" && params.kind === "patches") {
    const { size } = params
    if (height % size !== 0 || width % size !== 0) {
      return `patches of ${size} pixels do not fill images of ${width} x ${height}`
    }
  }
  return undefined
}

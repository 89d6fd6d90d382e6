/** How a browser turns an image into what a view shows of it, before one's eyes. */
import type { ViewKind } from "../../diffusion/estimators/views/view-params.ts"
import type { PixelRange } from "../../values/values.ts"

export type Turn =
  /** Values of the CSS properties. */
  | { readonly transform: string }
  | { readonly filter: string }
  /** Nothing moves: the one picture fades into the other. */
  | "fade"

const transforms: { readonly [kind in ViewKind]?: string } = {
  identity: "none",
  "flip-vertical": "rotateX(180deg)",
  "flip-horizontal": "rotateY(180deg)",
  "rotate-90": "rotate(90deg)",
  "rotate-180": "rotate(180deg)",
  "rotate-270": "rotate(-90deg)"
}

/** @param range a negative turns values over at 0, which only in [-1,1] is what CSS calls inverted */
export const turnOf = (kind: ViewKind, range: PixelRange): Turn => {
  const transform = transforms[kind]
  if (transform !== undefined) return { transform }
  return kind === "negative" && range === "[-1,1]" ? { filter: "invert(1)" } : "fade"
}

/** For the section, as custom properties that the style reads. */
export const turnAttributes = (turn: Turn): string => {
  if (turn === "fade") return ` data-turn="fade"`
  return "transform" in turn
    ? ` data-turn="move" style="--turned:${turn.transform}"`
    : ` data-turn="filter" style="--filtered:${turn.filter}"`
}

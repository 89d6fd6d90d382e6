/** A short line in a variant's colour and dash, as figures draw it. */
import { dashes, palettes } from "../chart/theme.ts"

export const swatch = (variant: number): string => {
  const dash = dashes[Math.floor(variant / palettes.light.length) % dashes.length] ?? []
  const dashed = dash[1] === 0 ? "" : ` stroke-dasharray="${dash.join(" ")}"`
  return `<svg class="swatch" viewBox="0 0 18 10" aria-hidden="true"><path d="M0 5h18" stroke="var(--v${variant})" stroke-width="3"${dashed}/></svg>`
}

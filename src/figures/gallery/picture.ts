/** Single pictures in a page: PNGs in data URIs, a pixel a pixel; browsers enlarge them. */
import { encodePng } from "../../values/picture-file.ts"
import type { Cell } from "../../values/sheet.ts"
import type { PixelRange } from "../../values/values.ts"
import { escapeHtml } from "../page/html.ts"
import type { DisplaySize } from "./display-size.ts"

/** Values outside of the range are clipped. */
export const pictureSource = async (
  { data, shape }: Pick<Cell, "data" | "shape">,
  range: PixelRange
): Promise<string> => {
  const png = await encodePng({ type: "Image", shape, range, data })
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`
}

/** @param text what stands in its place where it cannot be seen */
export const pictureHtml = (
  source: string,
  { height, smooth, width }: DisplaySize,
  text: string,
  kind = ""
): string => {
  const classes = ["picture", ...(smooth ? ["smooth"] : []), ...(kind === "" ? [] : [kind])]
  return `<img class="${classes.join(" ")}" src="${source}" width="${width}" height="${height}" alt="${escapeHtml(text)}">`
}

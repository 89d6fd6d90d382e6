/** Hybrid images: each at several sizes, as if seen from near by and from afar. */
import { imageAt } from "../../values/sheet.ts"
import type { Images } from "../../values/values.ts"
import { escapeHtml } from "../page/html.ts"
import { pictureSource } from "./picture.ts"
import type { Section } from "./section.ts"

export interface ViewingSize {
  readonly width: number
  readonly height: number
}

/** Longer sides of the largest: images are enlarged up to the first, and made smaller beyond the second. */
const [enlargedTo, most] = [256, 320]

/**
 * Four sizes, each half as large as the one before it; twice as far away an image looks half as large.
 *
 * The largest is the image enlarged by a power of 2, so that the image's own size is among them where it is small.
 */
export const viewingSizes = (height: number, width: number): ReadonlyArray<ViewingSize> => {
  const side = Math.max(height, width)
  const enlarged = 2 ** Math.max(0, Math.floor(Math.log2(enlargedTo / side)))
  const largest = side > most ? most / side : enlarged
  return [1, 2, 4, 8].map((part) => ({
    width: Math.max(1, Math.round((width * largest) / part)),
    height: Math.max(1, Math.round((height * largest) / part))
  }))
}

export const hybrids = (title: string, images: Images): Section => {
  const [count, height, width] = images.shape
  const sizes = viewingSizes(height, width)
  return {
    title,
    noun: "image",
    pixels: Array.from({ length: count }, () => height * width),
    show: async (shown) => {
      const figures: Array<string> = []
      for (let index = 0; index < shown; index += 1) {
        const label = images.labels?.[index] ?? ""
        const name = label === "" ? `image ${index + 1}` : label
        // Once in the file, as a property, and not once a size.
        const source = await pictureSource(imageAt(images, index), images.range)
        const pictures = sizes.map(
          (size) =>
            `<div><span class="sight" role="img" aria-label="${escapeHtml(`${name}, ${size.width} pixels wide`)}" style="width:${size.width}px;height:${size.height}px"></span><small>${size.width} px</small></div>`
        )
        const caption = label === "" ? "" : `<figcaption>${escapeHtml(label)}</figcaption>`
        figures.push(
          `<figure style="--picture:url(${source})">${caption}<div class="sights">${pictures.join("")}</div></figure>`
        )
      }
      return {
        caption:
          "Step back or squint: from near by the fine lines are seen, from afar what is left without them. Smaller pictures are like larger ones from farther away.",
        body: `<div class="hybrids">
${figures.join("\n")}
</div>`
      }
    }
  }
}

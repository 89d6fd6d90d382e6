/** Images side by side with their labels. */
import { imageAt } from "../../values/sheet.ts"
import type { Images } from "../../values/values.ts"
import { escapeHtml } from "../page/html.ts"
import { columnsFor, contentWidth, displaySize } from "./display-size.ts"
import { pictureHtml, pictureSource } from "./picture.ts"
import type { Section } from "./section.ts"

/** Between cells; the style has the same. */
export const gridGap = 16
/** Beyond so many images they are shown smaller. */
const few = 24
/** Narrower cells break captions apart. */
const narrowest = 72

export const imageGrid = (title: string, images: Images): Section => {
  const [count, height, width] = images.shape
  const size = displaySize(height, width, { side: count > few ? 84 : 140, slack: 4 / 3 })
  const cell = Math.max(narrowest, size.width)
  const fitting = Math.max(1, Math.floor((contentWidth + gridGap) / (cell + gridGap)))
  return {
    title,
    noun: "image",
    pixels: Array.from({ length: count }, () => height * width),
    show: async (shown) => {
      const figures: Array<string> = []
      for (let index = 0; index < shown; index += 1) {
        const label = images.labels?.[index] ?? ""
        const source = await pictureSource(imageAt(images, index), images.range)
        const picture = pictureHtml(source, size, label === "" ? `image ${index + 1}` : label)
        const caption = label === "" ? "" : `<figcaption>${escapeHtml(label)}</figcaption>`
        figures.push(`<figure>${picture}${caption}</figure>`)
      }
      const columns = columnsFor(shown, fitting)
      const whole = columns * (cell + gridGap) - gridGap
      return {
        caption: "",
        body: `<div class="grid" style="--cell:${cell}px;max-width:${whole}px">
${figures.join("\n")}
</div>`
      }
    }
  }
}

/** Anagrams: each image beside what a view shows of it; a click turns it into that. */
import { makeView } from "../../diffusion/estimators/views/make-view.ts"
import type { ViewParams } from "../../diffusion/estimators/views/view-params.ts"
import { imageAt } from "../../values/sheet.ts"
import type { Images } from "../../values/values.ts"
import { escapeHtml } from "../page/html.ts"
import { displaySize } from "./display-size.ts"
import { pictureHtml, pictureSource } from "./picture.ts"
import type { Section } from "./section.ts"
import { seeWithoutTensors } from "./see-without-tensors.ts"
import { turnAttributes, turnOf } from "./turn.ts"
import { kindOf, viewWords } from "./view-words.ts"

/** @throws UserError when the view does not fit images of this size */
export const anagrams = (title: string, images: Images, params: ViewParams): Section => {
  const [count, height, width] = images.shape
  const view = makeView(params, height, width)
  const words = viewWords(params)
  const size = displaySize(height, width, { side: 200 })
  return {
    title,
    noun: "image",
    pixels: Array.from({ length: count }, () => 2 * height * width),
    show: async (shown) => {
      const figures: Array<string> = []
      for (let index = 0; index < shown; index += 1) {
        const label = images.labels?.[index] ?? ""
        const name = label === "" ? `image ${index + 1}` : label
        const cell = imageAt(images, index)
        const own = await pictureSource(cell, images.range)
        const seen = await pictureSource(seeWithoutTensors(cell, view), images.range)
        const caption = label === "" ? "" : `<figcaption>${escapeHtml(label)}</figcaption>`
        figures.push(`<figure style="--cell:${size.width}px">${caption}<div class="readings">
<div><button type="button" class="turn" aria-pressed="false" aria-label="${escapeHtml(`Turn ${name}`)}" disabled>${pictureHtml(own, size, name, "own")}</button><small><span class="upright">as it is</span><span class="turned">turned</span></small></div>
<div>${pictureHtml(seen, size, `${name}, ${words}`, "seen")}<small>${escapeHtml(words)}</small></div>
</div></figure>`)
      }
      return {
        attributes: ` class="anagrams"${turnAttributes(turnOf(kindOf(params), images.range))}`,
        caption: `Left as it is, right ${escapeHtml(words)}.<span class="hint" hidden> A click on an image on the left turns it.</span>`,
        controls: `<button type="button" class="turn-all" aria-pressed="false">turn all</button>`,
        body: `<div class="pairs">
${figures.join("\n")}
</div>`
      }
    }
  }
}

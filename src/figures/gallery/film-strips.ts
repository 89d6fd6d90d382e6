/** Trajectories: a row a sample, its states from left to right. */
import { imageAt } from "../../values/sheet.ts"
import type { Images } from "../../values/values.ts"
import { escapeHtml } from "../page/html.ts"
import { contentWidth, displaySize } from "./display-size.ts"
import { pictureHtml, pictureSource } from "./picture.ts"
import type { Section } from "./section.ts"
import { type Strip, stripsOf } from "./strips.ts"

/** Between frames; the style has the same. */
export const frameGap = 4
/** Sides of a frame: where the column has no room for smaller ones, the strips scroll. */
const [smallest, largest] = [96, 140]

export const filmStrips = (title: string, images: Images): Section => {
  const [, height, width] = images.shape
  const strips = stripsOf(images)
  const longest = Math.max(...strips.map(({ frames }) => frames.length))
  const room = Math.floor((contentWidth + frameGap) / longest) - frameGap
  const wanted = Math.min(largest, Math.max(smallest, room))
  const size = displaySize(height, width, { side: wanted, most: wanted })
  return {
    title,
    noun: "strip",
    pixels: strips.map(({ frames }) => frames.length * height * width),
    show: async (count) => {
      const shown = strips.slice(0, count)
      const common = commonMoments(shown)
      const rows: Array<string> = []
      for (const [row, { frames, name }] of shown.entries()) {
        const pictures: Array<string> = []
        for (const { index, moment } of frames) {
          const source = await pictureSource(imageAt(images, index), images.range)
          const sample = name === "" ? `sample ${row + 1}` : name
          const text =
            moment === "" ? `${sample}, frame ${pictures.length + 1}` : `${sample}, ${moment}`
          const picture = pictureHtml(source, size, text)
          const caption = common === undefined ? `<small>${escapeHtml(moment)}</small>` : ""
          pictures.push(`<div>${caption}${picture}</div>`)
        }
        const caption = name === "" ? "" : `<figcaption>${escapeHtml(name)}</figcaption>`
        rows.push(
          `<figure class="strip">${caption}<div class="frames">${pictures.join("")}</div></figure>`
        )
      }
      return {
        caption: `${shown.length === 1 ? "A sample" : "A row a sample"}, its states from left to right.`,
        body: `<div class="scroll strips" style="--frames:${longest};--frame:${size.width}px" role="group" aria-label="${escapeHtml(`Film strips of ${title}`)}" tabindex="0">
${common === undefined ? "" : momentsHtml(common)}${rows.join("\n")}
</div>`
      }
    }
  }
}

/** The moments of all strips where they are the same; undefined where they are not. */
const commonMoments = (strips: ReadonlyArray<Strip>): ReadonlyArray<string> | undefined => {
  const momentsOf = ({ frames }: Strip) => frames.map(({ moment }) => moment)
  const first = strips[0] === undefined ? [] : momentsOf(strips[0])
  const same = strips.every(
    (strip) =>
      strip.frames.length === first.length &&
      strip.frames.every(({ moment }, frame) => moment === first[frame])
  )
  return same ? first : undefined
}

/** The pictures say it too, to those who hear them. */
const momentsHtml = (moments: ReadonlyArray<string>): string =>
  moments.every((moment) => moment === "")
    ? ""
    : `<div class="frames moments" aria-hidden="true">${moments
        .map((moment) => `<small>${escapeHtml(moment)}</small>`)
        .join("")}</div>
`

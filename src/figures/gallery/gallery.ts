/**
 * What samplers made as one HTML file that needs nothing else: no network, no other file, not even scripts, though with them anagrams
 * turn. Equal galleries give equal bytes.
 */
import { UserError } from "../../base/user-error.ts"
import type { ViewParams } from "../../diffusion/estimators/views/view-params.ts"
import type { AtPoint } from "../../values/aggregate.ts"
import type { Images, Metrics } from "../../values/values.ts"
import { countText } from "../number-text.ts"
import { documentOf } from "../page/document.ts"
import { codeInScript, escapeHtml } from "../page/html.ts"
import { anagrams } from "./anagrams.ts"
import { factsTable } from "./facts-table.ts"
import { filmStrips } from "./film-strips.ts"
import { galleryScript } from "./gallery-script.ts"
import { galleryStyle } from "./gallery-style.ts"
import { hybrids } from "./hybrids.ts"
import { imageGrid } from "./image-grid.ts"
import type { Section } from "./section.ts"
import { shareOut } from "./share-out.ts"

/** Labels are titles of sections. */
export interface Gallery {
  readonly title: string
  /** A sentence or two below the title. */
  readonly description?: string
  readonly images?: ReadonlyArray<AtPoint<Images>>
  /** States of samples, sample by sample. */
  readonly trajectories?: ReadonlyArray<AtPoint<Images>>
  readonly anagrams?: {
    readonly view: ViewParams
    readonly images: ReadonlyArray<AtPoint<Images>>
  }
  readonly hybrids?: ReadonlyArray<AtPoint<Images>>
  readonly facts?: ReadonlyArray<AtPoint<Metrics>>
}

/** Pixels of all pictures on a page, before they are enlarged: at worst, noise in RGB, a file of 12 MB. */
export const mostPixels = 3_000_000

/** @throws UserError when images are neither grey nor RGB, or a view does not fit them */
export const galleryPage = async (gallery: Gallery): Promise<string> => {
  const { description, facts = [], title } = gallery
  const sections = sectionsOf(gallery)
  const shown = shareOut(
    sections.map(({ pixels }) => pixels),
    mostPixels
  )
  const parts: Array<string> = []
  for (const [index, section] of sections.entries()) {
    parts.push(await sectionHtml(section, shown[index]!))
  }
  const body = [
    `<header><h1>${escapeHtml(title)}</h1>`,
    description === undefined ? "" : `<p class="about">${escapeHtml(description)}</p>`,
    "</header>",
    ...parts,
    facts.length === 0 ? "" : `<section><h2>Numbers</h2>\n${factsTable(facts)}</section>`,
    `<footer><p>Written by ablate. Pictures clip values outside of the pixel range; the file needs no network.</p></footer>`
  ].filter((part) => part !== "")
  return documentOf({
    title,
    style: galleryStyle,
    body: body.join("\n"),
    scripts: gallery.anagrams === undefined ? "" : `<script>${codeInScript(galleryScript)}</script>`
  })
}

const sectionsOf = (gallery: Gallery): ReadonlyArray<Section> => [
  ...(gallery.images ?? []).map(({ label, value }) => imageGrid(label, visible(label, value))),
  ...(gallery.trajectories ?? []).map(({ label, value }) =>
    filmStrips(label, visible(label, value))
  ),
  ...(gallery.anagrams?.images ?? []).map(({ label, value }) =>
    anagrams(label, visible(label, value), gallery.anagrams!.view)
  ),
  ...(gallery.hybrids ?? []).map(({ label, value }) => hybrids(label, visible(label, value)))
]

const visible = (label: string, images: Images): Images => {
  const channels = images.shape[3]
  if (channels === 1 || channels === 3) return images
  throw new UserError(
    `the images ${JSON.stringify(label)} have ${channels} channels; a gallery shows grey and RGB, 1 or 3`,
    { exitCode: 1 }
  )
}

const sectionHtml = async ({ noun, pixels, show, title }: Section, shown: number) => {
  const heading = `<h2>${escapeHtml(title)}</h2>`
  const all = countText(pixels.length, noun)
  if (shown === 0) {
    return `<section>${heading}
<p class="caption">${all}, left out to keep this page small.</p></section>`
  }
  const { attributes = "", body, caption, controls } = await show(shown)
  const head =
    controls === undefined
      ? heading
      : `<div class="head">${heading}<div class="controls" hidden>${controls}</div></div>`
  const cut =
    shown === pixels.length
      ? ""
      : `The first ${shown} of ${all}; the others are left out to keep this page small.`
  const text = [caption, cut].filter((part) => part !== "").join(" ")
  return `<section${attributes}>${head}
${text === "" ? "" : `<p class="caption">${text}</p>\n`}${body}</section>`
}

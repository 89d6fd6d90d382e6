import { assert, beforeAll, describe, it } from "vitest"
import { Script } from "node:vm"
import sharp from "sharp"
import { UserError } from "../../src/base/user-error.ts"
import { makeView } from "../../src/diffusion/estimators/views/make-view.ts"
import { normal } from "../../src/engine/random/streams.ts"
import { type Gallery, galleryPage, mostPixels } from "../../src/figures/gallery/gallery.ts"
import { seeWithoutTensors } from "../../src/figures/gallery/see-without-tensors.ts"
import { quantise } from "../../src/values/quantise.ts"
import { imageAt } from "../../src/values/sheet.ts"
import type { Images } from "../../src/values/values.ts"
import { elements, type HtmlElement, readHtml, textOf } from "./gallery-elements.ts"

/** Noise that leaves the pixel range here and there. */
const noise = (
  shape: Images["shape"],
  labels?: ReadonlyArray<string>,
  range: Images["range"] = "[-1,1]"
): Images => ({
  type: "Images",
  shape,
  range,
  data: Float32Array.from(
    normal(180, `gallery ${shape.join(" ")}`, shape[0] * shape[1] * shape[2] * shape[3])
  ),
  ...(labels === undefined ? {} : { labels })
})

const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
const moments = ["t=990", "t=450", "sample"]
const full: Gallery = {
  title: "What samplers make",
  description: "All of it.",
  images: [
    { label: "digits", value: noise([10, 28, 28, 1], digits, "[0,1]") },
    { label: "photos", value: noise([2, 64, 64, 3]) }
  ],
  trajectories: [{ label: "walks", value: noise([6, 28, 28, 1], [...moments, ...moments]) }],
  anagrams: { view: "rotate-90", images: [{ label: "turning", value: noise([2, 16, 16, 3]) }] },
  hybrids: [{ label: "near and far", value: noise([1, 32, 32, 3], ["a skull"]) }],
  facts: [
    { label: "run", value: { type: "Metrics", scalars: { psnr: 20.5, odd: 1 }, series: [] } },
    {
      label: "other",
      value: { type: "Metrics", scalars: { psnr: 21, mse: 2 }, series: [] }
    }
  ]
}

const sectionsOf = (page: HtmlElement) =>
  elements(page, "section").map((section) => ({
    title: textOf(elements(section, "h2")[0]!),
    section
  }))
const sectionOf = (page: HtmlElement, title: string): HtmlElement =>
  sectionsOf(page).find((one) => one.title === title)!.section

/** The pixels in a data URI, and how many channels its file has. */
const pixelsOf = async (source: string) => {
  const [, base64 = ""] = /^data:image\/png;base64,([A-Za-z\d+/=]+)$/.exec(source) ?? []
  const file = Buffer.from(base64, "base64")
  const { space } = await sharp(file).metadata()
  const { data, info } = await sharp(file)
    .toColourspace(space === "b-w" ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { pixels: new Uint8Array(data), shape: [info.height, info.width, info.channels] }
}
const sourceOf = (image: HtmlElement) => image.attributes.get("src") ?? ""

describe("a gallery", () => {
  let html: string
  let page: HtmlElement
  beforeAll(async () => {
    html = await galleryPage(full)
    page = readHtml(html)
  })

  it("has its sections in the order of the inputs", () => {
    assert.deepStrictEqual(
      sectionsOf(page).map(({ title }) => title),
      ["digits", "photos", "walks", "turning", "near and far", "Numbers"]
    )
    assert.strictEqual(textOf(elements(page, "h1")[0]!), "What samplers make")
    assert.strictEqual(textOf(elements(page, ".about")[0]!), "All of it.")
  })

  it("asks for nothing from anywhere", () => {
    assert.notMatch(html, /https?:|<link|@import|src="(?!data:)|url\((?!data:)/)
    assert.include(html, `content="default-src 'none'; img-src data:;`)
    assert.notInclude(html, "unsafe-eval")
  })

  it("shows images with their labels, each pixel as it is, and clips what leaves the range", async () => {
    const images = elements(sectionOf(page, "digits"), "figure")
    assert.deepStrictEqual(
      images.map((figure) => textOf(elements(figure, "figcaption")[0]!)),
      digits
    )
    const { value } = full.images![0]!
    assert.isTrue(
      value.data.some((number) => number > 1) && value.data.some((number) => number < 0)
    )
    for (const [index, figure] of images.entries()) {
      const [image] = elements(figure, "img")
      assert.deepStrictEqual(await pixelsOf(sourceOf(image!)), {
        pixels: quantise(imageAt(value, index).data, "[0,1]"),
        shape: [28, 28, 1]
      })
      assert.strictEqual(image!.attributes.get("width"), "140")
      assert.strictEqual(image!.attributes.get("alt"), String(index))
    }
    const photos = elements(sectionOf(page, "photos"), "img")
    assert.deepStrictEqual(
      photos.map((image) => image.attributes.get("alt")),
      ["image 1", "image 2"]
    )
    assert.deepStrictEqual((await pixelsOf(sourceOf(photos[1]!))).shape, [64, 64, 3])
  })

  it("shows trajectories as film strips, their moments once above", async () => {
    const section = sectionOf(page, "walks")
    const strips = elements(section, ".strip")
    assert.deepStrictEqual(
      elements(elements(section, ".moments")[0]!, "small").map(textOf),
      moments
    )
    assert.deepStrictEqual(
      strips.map((strip) => elements(strip, "img").map(({ attributes }) => attributes.get("alt"))),
      [1, 2].map((sample) => moments.map((moment) => `sample ${sample}, ${moment}`))
    )
    const last = elements(strips[1]!, "img")[2]!
    assert.deepStrictEqual(
      (await pixelsOf(sourceOf(last))).pixels,
      quantise(imageAt(full.trajectories![0]!.value, 5).data, "[-1,1]")
    )
    assert.include(elements(section, ".strips")[0]!.attributes.get("style"), "--frames:3;")
  })

  it("says moments at each frame where strips differ", async () => {
    const labels = ["4 · t=9", "4 · sample", "7 · t=8", "7 · sample"]
    const value = noise([4, 8, 8, 1], labels)
    const other = readHtml(
      await galleryPage({ title: "Walks", trajectories: [{ label: "walks", value }] })
    )
    assert.strictEqual(elements(other, ".moments").length, 0)
    const strips = elements(other, ".strip")
    assert.deepStrictEqual(
      strips.map((strip) => textOf(elements(strip, "figcaption")[0]!)),
      ["4", "7"]
    )
    assert.deepStrictEqual(
      strips.map((strip) => elements(strip, "small").map(textOf)),

      [
        ["t=9", "sample"],
        ["t=8", "sample"]
      ]
    )
  })

  it("shows anagrams beside what the view shows, each with a button that turns it", async () => {
    const section = sectionOf(page, "turning")
    assert.strictEqual(section.attributes.get("style"), "--turned:rotate(90deg)")
    const { images } = full.anagrams!
    const view = makeView("rotate-90", 16, 16)
    const figures = elements(section, "figure")
    assert.strictEqual(figures.length, 2)
    for (const [index, figure] of figures.entries()) {
      const cell = imageAt(images[0]!.value, index)
      const [button] = elements(figure, "button")
      assert.strictEqual(button!.attributes.get("aria-pressed"), "false")
      assert.strictEqual(button!.attributes.get("aria-label"), `Turn image ${index + 1}`)
      const [own] = elements(button!, "img")
      const [seen] = elements(figure, ".seen")
      assert.deepStrictEqual((await pixelsOf(sourceOf(own!))).pixels, quantise(cell.data, "[-1,1]"))
      assert.deepStrictEqual(
        (await pixelsOf(sourceOf(seen!))).pixels,
        quantise(seeWithoutTensors(cell, view).data, "[-1,1]")
      )
    }
    assert.include(textOf(section), "right turned clockwise by 90°")
    // Without the script nothing turns, and nothing says so.
    assert.isTrue(elements(section, ".turn").every(({ attributes }) => attributes.has("disabled")))
    for (const shy of [".controls", ".hint"]) {
      assert.isTrue(elements(section, shy)[0]!.attributes.has("hidden"))
    }
  })

  it("has a program that parses and finds what it looks for", () => {
    const scripts = elements(page, "script").map(textOf)
    assert.strictEqual(scripts.length, 1)
    assert.doesNotThrow(() => new Script(scripts[0]!))
    const named = [...scripts[0]!.matchAll(/"(\.[^"]+)"/g)].flatMap(([, list = ""]) =>
      list.split(", ")
    )
    assert.isAbove(named.length, 4)
    for (const selector of named) assert.isNotEmpty(elements(page, selector), selector)
  })

  it("shows each hybrid at four sizes, and has it once in the file", async () => {
    const section = sectionOf(page, "near and far")
    const [figure] = elements(section, "figure")
    const [, source = ""] = /^--picture:url\((.*)\)$/.exec(figure!.attributes.get("style")!) ?? []
    assert.deepStrictEqual(await pixelsOf(source), {
      pixels: quantise(full.hybrids![0]!.value.data, "[-1,1]"),
      shape: [32, 32, 3]
    })
    assert.deepStrictEqual(
      elements(figure!, ".sight").map(({ attributes }) => attributes.get("style")),
      [256, 128, 64, 32].map((side) => `width:${side}px;height:${side}px`)
    )
    assert.strictEqual(html.split(source).length, 2)
    assert.include(textOf(section), "Step back or squint")
  })

  it("has a table of the scalars", () => {
    const rows = elements(sectionOf(page, "Numbers"), "tr").map(({ children }) =>
      children.map((cell) => (typeof cell === "string" ? cell : textOf(cell)))
    )
    assert.deepStrictEqual(rows, [
      ["from", "PSNR", "odd", "MSE"],
      ["run", "20.5", "1", "–"],
      ["other", "21", "–", "2"]
    ])
  })

  it("is the same again", async () => {
    assert.strictEqual(await galleryPage(full), html)
  })

  it("needs no program without anagrams", async () => {
    const plain = await galleryPage({ title: "Numbers", facts: full.facts! })
    assert.strictEqual(elements(readHtml(plain), "script").length, 0)
    assert.isBelow(plain.length, 10_000)
  })
})

describe("names in a gallery", () => {
  const hostile = `"><script>alert('1')</script><img src=x onerror=alert(2)>&amp;</style>--> · '`

  it("are shown as they are, and none becomes markup", async () => {
    const page = await galleryPage({
      title: hostile,
      description: hostile,
      images: [{ label: hostile, value: noise([1, 4, 4, 1], [hostile]) }],
      trajectories: [{ label: hostile, value: noise([2, 4, 4, 1], [hostile, `${hostile} · t=1`]) }],
      anagrams: {
        view: "flip-vertical",
        images: [{ label: hostile, value: noise([1, 4, 4, 1], [hostile]) }]
      },
      hybrids: [{ label: hostile, value: noise([1, 4, 4, 1], [hostile]) }],
      facts: [{ label: hostile, value: { type: "Metrics", scalars: { [hostile]: 1 }, series: [] } }]
    })
    const root = readHtml(page)
    assert.strictEqual(elements(root, "script").length, 1)
    const images = elements(root, "img")
    assert.strictEqual(images.length, 5)
    for (const image of images) {
      assert.match(sourceOf(image), /^data:image\/png;base64,/)
      assert.isFalse(image.attributes.has("onerror"))
    }
    assert.deepStrictEqual(
      ["title", "h1"].map((name) => textOf(elements(root, name)[0]!)),
      [hostile, hostile]
    )
    assert.deepStrictEqual(elements(root, "h2").map(textOf), [
      hostile,
      hostile,
      hostile,
      hostile,
      "Numbers"
    ])
    assert.strictEqual(images[0]!.attributes.get("alt"), hostile)
    assert.strictEqual(textOf(elements(root, "td")[0]!), hostile)
  })
})

const black = (shape: Images["shape"]): Images => ({
  type: "Images",
  shape,
  range: "[0,1]",
  data: new Float32Array(shape[0] * shape[1] * shape[2] * shape[3])
})

describe("large inputs", () => {
  it("are cut with a note, each section as far as there is room", async () => {
    const side = 500
    const fitting = Math.floor(mostPixels / (side * side))
    const many = { label: "many", value: black([fitting + 5, side, side, 1]) }
    const root = readHtml(
      await galleryPage({
        title: "Many",
        images: [many],
        hybrids: [{ label: "few", value: black([2, side, side, 1]) }]
      })
    )
    assert.strictEqual(elements(sectionOf(root, "many"), "img").length, fitting - 2)
    assert.include(
      textOf(sectionOf(root, "many")),
      `The first ${fitting - 2} of ${fitting + 5} images; the others are left out to keep this page small.`
    )
    assert.strictEqual(elements(sectionOf(root, "few"), ".sights").length, 2)
    assert.notInclude(textOf(sectionOf(root, "few")), "left out")
  })

  it("are named where there is no room at all", async () => {
    const root = readHtml(
      await galleryPage({
        title: "Huge",
        images: [
          { label: "first", value: black([1, 2000, 1500, 1]) },
          { label: "second", value: black([1, 8, 8, 1]) }
        ]
      })
    )
    assert.strictEqual(elements(sectionOf(root, "first"), "img").length, 1)
    assert.include(textOf(sectionOf(root, "second")), "1 image, left out to keep this page small.")
  })
})

it("images that are neither grey nor RGB are refused by name", async () => {
  const error = await galleryPage({
    title: "Four",
    images: [{ label: "samples.images", value: noise([1, 2, 2, 4]) }]
  }).catch((cause: unknown) => cause)
  assert.instanceOf(error, UserError)
  assert.strictEqual(
    error.message,
    `the images "samples.images" have 4 channels; a gallery shows grey and RGB, 1 or 3`
  )
})

import { assert, describe, it } from "vitest"
import * as path from "node:path"
import { UserError } from "../../../src/base/user-error.ts"
import { bundleModules } from "../../../src/plan/bundle.ts"
import { encodeValue } from "../../../src/values/codec.ts"
import type { Images, Metrics } from "../../../src/values/values.ts"
import gallery from "../../../stages/report/gallery.ts"
import { elements, readHtml, textOf } from "../../figures/gallery-elements.ts"
import { checkStage, decodeExample, runStage } from "../../support/run-stage.ts"

const ramp = (height: number, width: number): Images => ({
  type: "Images",
  shape: [1, height, width, 1],
  range: "[0,1]",
  data: Float32Array.from({ length: height * width }, (_, index) => index / (height * width))
})
const facts: Metrics = { type: "Metrics", scalars: { psnr: 20 }, series: [] }
const nothing = { images: [], trajectories: [], anagrams: [], hybrids: [], facts: [] }
const one = (label: string, height = 8, width = 8) => [{ label, value: ramp(height, width) }]

describe("report/gallery", () => {
  it("writes a page, the same each time", async () => {
    const run = () =>
      runStage(
        gallery,
        {
          images: one("samples.images"),
          trajectories: one("samples.trajectory"),
          anagrams: one("samples.images"),
          hybrids: one("constructor"),
          facts: [{ label: "quality.metrics", value: facts }]
        },
        {
          title: "All",
          description: "Of it.",
          name: "pages/all",
          view: { kind: "jigsaw" },
          titles: { "samples.images": "Samples" }
        }
      )
    const { report } = await run()
    assert.deepStrictEqual([report.name, report.mediaType], ["pages/all.html", "text/html"])
    const page = readHtml(new TextDecoder().decode(report.bytes))
    assert.deepStrictEqual(elements(page, "h2").map(textOf), [
      "Samples",
      "samples.trajectory",
      "Samples",
      "constructor",
      "Numbers"
    ])
    assert.strictEqual(elements(page, ".anagrams")[0]!.attributes.get("data-turn"), "fade")
    encodeValue(report)
    assert.deepStrictEqual(await run(), { report })
  })

  it("has a title and a name where none is given", async () => {
    const { report } = await runStage(gallery, { ...nothing, images: one("a") })
    assert.strictEqual(report.name, "gallery.html")
    assert.include(new TextDecoder().decode(report.bytes), "<h1>Gallery</h1>")
  })

  it("loads no tensors: its results do not depend on the engine", async () => {
    const root = path.join(import.meta.dirname, "../../..")
    const [bundle] = await bundleModules([path.join(root, "stages/report/gallery.ts")], root)
    assert.isFalse(bundle!.tensors)
    const packages = Object.keys(bundle!.packages)
    assert.deepStrictEqual(
      packages.filter((name) => /tensorflow|onnxruntime|vega/.test(name)),
      []
    )
    assert.include(packages.join(), "sharp")
  })

  it("is checked before it runs", () => {
    const messages = (params: unknown, ...connected: ReadonlyArray<string>) =>
      checkStage(gallery, params, {
        connected: Object.fromEntries(
          ["images", "trajectories", "anagrams", "hybrids", "facts"].map((name) => [
            name,
            connected.includes(name) ? 1 : 0
          ])
        )
      }).map(({ message }) => message)
    assert.deepStrictEqual(messages({}, "images"), [])
    assert.deepStrictEqual(messages({ view: "negative" }, "anagrams"), [])
    assert.deepStrictEqual(messages({}), ["a gallery has nothing to show"])
    assert.deepStrictEqual(messages({}, "anagrams"), ["anagrams need a view"])
    assert.deepStrictEqual(messages({ view: "negative" }, "hybrids"), [
      "a view is of anagrams, and none are given"
    ])
    assert.deepStrictEqual(messages({ name: "../a" }, "facts"), [
      `the file name "../a" leaves its folder with ..`
    ])
  })

  it("says which inputs have titles", async () => {
    const error = await runStage(
      gallery,
      { ...nothing, images: one("samples.images") },
      { titles: { "sample.images": "Samples" } }
    ).catch((cause: unknown) => cause)
    assert.instanceOf(error, UserError)
    assert.strictEqual(error.message, `the title of "sample.images" is of no input`)
    assert.strictEqual(error.hint, "did you mean samples.images?")
  })

  it("says when a view does not fit", async () => {
    const error = await runStage(
      gallery,
      { ...nothing, anagrams: one("a", 4, 8) },
      { view: "rotate-90" }
    ).catch((cause: unknown) => cause)
    assert.instanceOf(error, UserError)
    assert.strictEqual(error.message, "the view rotate-90 is of square images, not of 8 x 4")
  })

  it("has an example that is right", () => {
    const { inputs, params, uses } = decodeExample(gallery)
    assert.strictEqual(uses, "report/gallery")
    assert.deepStrictEqual(inputs, ["trajectories", "anagrams"])
    assert.deepStrictEqual(params, {
      title: "A six that is a nine",
      name: "gallery",
      view: "rotate-180",
      titles: { "samples.images": "Turn them" }
    })
  })
})

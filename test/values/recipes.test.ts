import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import sharp from "sharp"
import { crc32 } from "node:zlib"
import type { JsonObject } from "../../src/base/json.ts"
import { UserError } from "../../src/base/user-error.ts"
import { decodeSafetensors } from "../../src/safetensors/decode.ts"
import { encodeSafetensors } from "../../src/safetensors/encode.ts"
import { encodePng } from "../../src/values/picture-file.ts"
import { isPng, readPngRecipe, writePngRecipe } from "../../src/values/png-recipe.ts"
import {
  readSafetensorsRecipe,
  writeSafetensorsRecipe
} from "../../src/values/safetensors-recipe.ts"

const picture = () =>
  encodePng({
    type: "Image",
    shape: [2, 2, 3],
    range: "[0,1]",
    data: Float32Array.from({ length: 12 }, (_, i) => i / 12)
  })

const recipe = { run: "brisk-otter-7", stage: "noisy[σ=0.5]", seed: 180, of: { a: [1, null] } }
const recipes = fc
  .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue(), { noNullPrototype: true })
  // JSON.parse makes a member of it, as it should, but the comparison below does not see it.
  .map((object) => JSON.parse(JSON.stringify(object)) as JsonObject)

describe("a recipe in a PNG", () => {
  it("comes back as it was", async () => {
    const png = await picture()
    fc.assert(
      fc.property(recipes, (recipe) => {
        assert.deepStrictEqual(readPngRecipe(writePngRecipe(png, recipe)), recipe)
      })
    )
  })

  it("leaves the pixels as they were", async () => {
    const png = await picture()
    const marked = writePngRecipe(png, recipe)
    assert.deepStrictEqual(await sharp(marked).raw().toBuffer(), await sharp(png).raw().toBuffer())
  })

  it("replaces the one before, and can be taken for the same file again", async () => {
    const png = await picture()
    const once = writePngRecipe(png, recipe)
    assert.deepStrictEqual(writePngRecipe(writePngRecipe(png, { old: true }), recipe), once)
  })

  it("is found by sharp, which knows nothing of us", async () => {
    const { comments } = await sharp(writePngRecipe(await picture(), recipe)).metadata()
    assert.deepStrictEqual(
      comments?.map(({ keyword, text }) => [keyword, text]),
      [["ablate", JSON.stringify(recipe)]]
    )
  })

  it("is absent from other PNGs", async () => {
    assert.isUndefined(readPngRecipe(await picture()))
  })

  it("is refused when a bit of it fell over", async () => {
    const marked = writePngRecipe(await picture(), recipe)
    const at = Buffer.from(marked).indexOf("brisk-otter")
    marked[at] = marked[at]! ^ 1
    assert.throws(() => readPngRecipe(marked), /damaged/)
  })

  it("is refused when it is not JSON", async () => {
    const marked = Buffer.from(writePngRecipe(await picture(), {}))
    const type = marked.indexOf("iTXt")
    const length = marked.readUInt32BE(type - 4)
    marked[type + 4 + length - 1] = 0x7b
    const body = marked.subarray(type, type + 4 + length)
    marked.writeUInt32BE(crc32(body), type + 4 + length)
    assert.throws(() => readPngRecipe(marked), /not JSON/)
  })

  it("is not looked for in what is no PNG", async () => {
    assert.isFalse(isPng(Buffer.from("GIF89a")))
    assert.throws(() => readPngRecipe(Buffer.from("GIF89a")), UserError, "not a PNG")
    const png = await picture()
    for (let length = 8; length < png.length; length += 5) {
      assert.throws(() => writePngRecipe(png.subarray(0, length), recipe), UserError, "cut off")
    }
  })
})

describe("a recipe in a safetensors file", () => {
  const file = encodeSafetensors(
    { data: { dtype: "F32", shape: [2], bytes: new Uint8Array(8).fill(7) } },
    { format: "pt" }
  )

  it("comes back as it was, beside the tensors and the other metadata", () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const marked = writeSafetensorsRecipe(file, recipe)
        assert.deepStrictEqual(readSafetensorsRecipe(marked), recipe)
        const { metadata, tensors } = decodeSafetensors(marked)
        assert.strictEqual(metadata["format"], "pt")
        assert.deepStrictEqual([...tensors.get("data")!.bytes], [7, 7, 7, 7, 7, 7, 7, 7])
      })
    )
  })

  it("is absent from other files", () => {
    assert.isUndefined(readSafetensorsRecipe(file))
  })

  it("is refused when it is not JSON", () => {
    const broken = encodeSafetensors({}, { ablate: "{" })
    assert.throws(() => readSafetensorsRecipe(broken), UserError, "not JSON")
  })
})

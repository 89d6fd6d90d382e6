import { assert, describe, it } from "vitest"
import sharp from "sharp"
import { UserError } from "../../src/base/user-error.ts"
import { enlarge } from "../../src/values/enlarge.ts"
import { encodePicture, encodePng } from "../../src/values/picture-file.ts"
import { quantise } from "../../src/values/quantise.ts"
import type { Image, Images } from "../../src/values/values.ts"

const pixelsOf = async (file: Uint8Array) => {
  const { channels, height, width } = await sharp(file).metadata()
  // sharp gives grey as three equal channels.
  const { data } = await sharp(file)
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true })
  const read = data.length / (width * height)
  const kept = channels < 3 ? [0, 3].slice(0, channels) : [0, 1, 2, 3].slice(0, channels)
  return { width, height, channels, data: [...data].filter((_, i) => kept.includes(i % read)) }
}

const grey = (...values: ReadonlyArray<number>): Image => ({
  type: "Image",
  shape: [1, values.length, 1],
  range: "[-1,1]",
  data: Float32Array.from(values)
})

describe("quantise", () => {
  it("clamps and rounds to the nearest level", () => {
    const data = Float32Array.of(-9, -1, -0.999, 0, 1, 9)
    assert.deepStrictEqual([...quantise(data, "[-1,1]")], [0, 0, 0, 128, 255, 255])
    assert.deepStrictEqual([...quantise(data, "[0,1]")], [0, 0, 0, 0, 255, 255])
    assert.deepStrictEqual([...quantise(Float32Array.of(0.5, 0.25), "[0,1]")], [128, 64])
  })

  it("shows what is not a number as black", () => {
    assert.deepStrictEqual([...quantise(Float32Array.of(Number.NaN), "[-1,1]")], [0])
  })

  it("gives back every 8-bit level", () => {
    const levels = Uint8Array.from({ length: 256 }, (_, level) => level)
    for (const range of ["[-1,1]", "[0,1]"] as const) {
      const values = Float32Array.from(levels, (level) =>
        range === "[0,1]" ? level / 255 : (level / 255) * 2 - 1
      )
      assert.deepStrictEqual(quantise(values, range), levels)
    }
  })
})

describe("enlarge", () => {
  it("makes squares of pixels", () => {
    const rows = enlarge(Uint8Array.of(1, 2, 3, 4), [2, 2, 1], 2)
    assert.deepStrictEqual([...rows], [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
  })

  it("keeps channels together", () => {
    const pixels = enlarge(Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3], 2)
    const row = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
    assert.deepStrictEqual([...pixels], [...row, ...row])
  })

  it("refuses parts of pixels", () => {
    assert.throws(() => enlarge(new Uint8Array(1), [1, 1, 1], 0.5), RangeError)
  })
})

describe("encodePng", () => {
  it("writes grey, RGB and RGBA without changing a level", async () => {
    for (const channels of [1, 2, 3, 4]) {
      const data = Float32Array.from({ length: 4 * channels }, (_, i) => ((i * 37) % 256) / 255)
      const image: Image = { type: "Image", shape: [2, 2, channels], range: "[0,1]", data }
      const read = await pixelsOf(await encodePng(image))
      assert.deepStrictEqual(read, {
        width: 2,
        height: 2,
        channels: channels as 1,
        data: [...data].map((value) => Math.round(value * 255))
      })
    }
  })

  it("gives equal bytes for equal images", async () => {
    const [a, b] = await Promise.all([encodePng(grey(0, 1)), encodePng(grey(0, 1))])
    assert.deepStrictEqual(a, b)
  })

  it("puts several images in a row, and enlarges", async () => {
    const images: Images = {
      type: "Images",
      shape: [2, 1, 1, 1],
      range: "[0,1]",
      data: Float32Array.of(0, 1)
    }
    const { data, height, width } = await pixelsOf(await encodePng(images, { scale: 2 }))
    assert.deepStrictEqual(
      { data, height, width },
      { width: 4, height: 2, data: [0, 0, 255, 255, 0, 0, 255, 255] }
    )
  })

  it("shows a mask as grey", async () => {
    const mask = { type: "Mask", shape: [1, 3], data: Float32Array.of(0, 0.5, 1) } as const
    assert.deepStrictEqual((await pixelsOf(await encodePng(mask))).data, [0, 128, 255])
  })

  it("refuses more channels than a picture has", async () => {
    const image: Image = {
      type: "Image",
      shape: [1, 1, 5],
      range: "[0,1]",
      data: new Float32Array(5)
    }
    const error = await encodePng(image).catch((error: unknown) => error)
    assert.instanceOf(error, UserError)
  })
})

describe("encodePicture", () => {
  it("writes each format as what it is", async () => {
    for (const [ending, format] of [
      ["png", "png"],
      ["jpg", "jpeg"],
      ["jpeg", "jpeg"],
      ["webp", "webp"]
    ] as const) {
      const { format: found } = await sharp(await encodePicture(grey(0, 1), ending)).metadata()
      assert.strictEqual(found, format)
    }
  })

  it("loses nothing in WebP", async () => {
    const rgb: Image = {
      type: "Image",
      shape: [1, 2, 3],
      range: "[0,1]",
      data: Float32Array.from([3, 250, 7, 90, 91, 92], (level) => level / 255)
    }
    assert.deepStrictEqual(
      (await pixelsOf(await encodePicture(rgb, "webp"))).data,
      [3, 250, 7, 90, 91, 92]
    )
  })
})

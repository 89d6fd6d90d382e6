import { assert, describe, it } from "vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import sharp from "sharp"
import { UserError } from "../../src/base/user-error.ts"
import { type PictureRequest, readPicture } from "../../src/values/read-picture.ts"
import type { Image } from "../../src/values/values.ts"
import { sharedFile, temporaryFolder } from "../support/project.ts"
import { pngClaiming, tiffOf } from "./pictures.ts"

const defaults: PictureRequest = {
  fit: "cover",
  channels: "rgb",
  range: "[0,1]",
  interpolation: "lanczos3",
  background: "#ffffff"
}

const read = (bytes: Uint8Array, request: Partial<PictureRequest> = {}, log: Array<string> = []) =>
  readPicture(
    { path: "photos/a b.png", read: () => Promise.resolve(bytes) },
    { ...defaults, ...request },
    (line) => log.push(line)
  )

/** To a hundredth: float32 resolves 16-bit levels to 0.004. */
const levels = ({ data }: Image, white: number) =>
  Array.from(data, (value) => Math.round(value * white * 100) / 100)

const raw = (
  data: Uint8Array | Uint16Array,
  width: number,
  height: number,
  channels: 1 | 2 | 3 | 4
) => sharp(data, { raw: { width, height, channels } })

/** Red, green / blue, grey. */
const fourColours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 90, 90, 90)

const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => assert.fail("it was read"),
    (error: unknown) => {
      assert.instanceOf(error, UserError)
      assert.strictEqual(error.exitCode, 1)
      assert.include(error.message, "photos/a b.png")
      return error
    }
  )

describe("readPicture", () => {
  it("reads the lossless formats to the bit", async () => {
    const pixels = raw(fourColours, 2, 2, 3)
    const files = {
      png: await pixels.clone().png().toBuffer(),
      palette: await pixels.clone().png({ palette: true, quality: 100 }).toBuffer(),
      webp: await pixels.clone().webp({ lossless: true }).toBuffer(),
      tiff: await pixels.clone().tiff({ compression: "lzw" }).toBuffer(),
      gif: await pixels.clone().gif().toBuffer()
    }
    for (const [format, file] of Object.entries(files)) {
      const image = await read(file)
      assert.deepStrictEqual(image.shape, [2, 2, 3], format)
      assert.deepStrictEqual(levels(image, 255), Array.from(fourColours), format)
    }
  })

  it("reads JPEG and AVIF nearly", async () => {
    const plain = { create: { width: 32, height: 32, channels: 3, background: "#d02040" } } as const
    for (const format of ["jpeg", "avif"] as const) {
      const image = await read(await sharp(plain).toFormat(format, { quality: 95 }).toBuffer())
      assert.deepStrictEqual(image.shape, [32, 32, 3])
      for (const [index, level] of [0xd0, 0x20, 0x40].entries()) {
        assert.closeTo(image.data[index]! * 255, level, 3, format)
      }
    }
  })

  it("turns CMYK into the colours that were meant", async () => {
    const plain = { create: { width: 16, height: 16, channels: 3, background: "#e08020" } } as const
    const cmyk = await sharp(plain).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer()
    assert.strictEqual((await sharp(cmyk).metadata()).space, "cmyk")
    const image = await read(cmyk)
    assert.deepStrictEqual(image.shape, [16, 16, 3])
    // Not every sRGB colour can be printed.
    for (const [index, level] of [0xe0, 0x80, 0x20].entries()) {
      assert.closeTo(image.data[index]! * 255, level, 32)
    }
  })

  it("keeps all 16 bits", async () => {
    const samples = Uint16Array.of(0, 1, 12345, 65535, 30000, 200)
    const tiff = await read(tiffOf({ width: 2, height: 1, channels: 3, samples }))
    assert.deepStrictEqual(levels(tiff, 65535), Array.from(samples))
    const grey = await read(tiffOf({ width: 6, height: 1, channels: 1, samples }), {
      channels: "grey"
    })
    assert.deepStrictEqual(levels(grey, 65535), Array.from(samples))
    const png = await raw(samples, 2, 1, 3).toColourspace("rgb16").png().toBuffer()
    assert.deepStrictEqual(levels(await read(png), 65535), Array.from(samples))
  })

  it("does not round to bytes when it resizes", async () => {
    const file = await raw(Uint8Array.of(0, 1), 2, 1, 1).toColourspace("b-w").png().toBuffer()
    const image = await read(file, {
      size: [1, 1],
      fit: "stretch",
      interpolation: "area",
      channels: "grey"
    })
    assert.closeTo(image.data[0]! * 255, 0.5, 1e-6)
  })

  it("turns a photograph as its EXIF orientation says", async () => {
    // Orientation 6: to be turned clockwise by a quarter. The file's first row becomes the last column.
    const file = await raw(Uint8Array.of(10, 20, 30, 40, 50, 60), 3, 2, 1)
      .toColourspace("b-w")
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer()
    const image = await read(file, { channels: "grey" })
    assert.deepStrictEqual(image.shape, [3, 2, 1])
    assert.deepStrictEqual(levels(image, 255), [40, 10, 50, 20, 60, 30])
  })

  it("puts transparent pixels on the background", async () => {
    const file = await raw(Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0, 51), 3, 1, 4)
      .png()
      .toBuffer()
    const image = await read(file, { background: "#0000ff" })
    assert.deepStrictEqual(levels(image, 255), [0, 0, 255, 255, 0, 0, 51, 0, 204])
    for (const [depth, white] of [
      ["b-w", 255],
      ["grey16", 65535]
    ] as const) {
      const samples = [0, white, 0, 0, 0, white / 5]
      const grey = await raw(
        white === 255 ? Uint8Array.from(samples) : Uint16Array.from(samples),
        3,
        1,
        2
      )
        .toColourspace(depth)
        .png()
        .toBuffer()
      assert.strictEqual((await sharp(grey).metadata()).channels, 2)
      const image = await read(grey, { channels: "grey" })
      assert.deepStrictEqual(levels(image, 10), [0, 10, 8], depth)
    }
    const wide = await raw(Uint16Array.of(65535, 0, 0, 0), 1, 1, 4)
      .toColourspace("rgb16")
      .png()
      .toBuffer()
    assert.deepStrictEqual(levels(await read(wide), 65535), [65535, 65535, 65535])
  })

  it("reads grey by the luma of BT.601, and grey pictures as they are", async () => {
    const colours = await raw(fourColours, 2, 2, 3).png().toBuffer()
    const image = await read(colours, { channels: "grey" })
    assert.deepStrictEqual(image.shape, [2, 2, 1])
    for (const [index, level] of [76.245, 149.685, 29.07, 90].entries()) {
      assert.closeTo(image.data[index]! * 255, level, 1e-4)
    }
    const grey = await raw(Uint8Array.of(7, 200), 2, 1, 1).toColourspace("b-w").png().toBuffer()
    assert.deepStrictEqual(levels(await read(grey), 255), [7, 7, 7, 200, 200, 200])
  })

  it("maps black and white to the ends of the range", async () => {
    const file = await raw(Uint8Array.of(0, 255), 2, 1, 1).toColourspace("b-w").png().toBuffer()
    const image = await read(file, { channels: "grey", range: "[-1,1]" })
    assert.deepStrictEqual([...image.data], [-1, 1])
    assert.strictEqual(image.range, "[-1,1]")
  })

  it("fits a wide picture into a square in three ways", async () => {
    // Columns of 0, 90, 90, 0.
    const file = await raw(Uint8Array.of(0, 90, 90, 0, 0, 90, 90, 0), 4, 2, 1)
      .toColourspace("b-w")
      .png()
      .toBuffer()
    const as = async (fit: PictureRequest["fit"]) =>
      levels(await read(file, { fit, size: [2, 2], channels: "grey", interpolation: "area" }), 255)
    assert.deepStrictEqual(await as("cover"), [90, 90, 90, 90])
    assert.deepStrictEqual(await as("stretch"), [45, 45, 45, 45])
    // One row of two pixels, and the white background below.
    assert.deepStrictEqual(await as("contain"), [45, 45, 255, 255])
  })

  it("draws an SVG at the size asked for", async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="2" height="4" fill="#f00"/></svg>'
    )
    const image = await read(svg, { size: [200, 200], interpolation: "area" })
    const row = Array.from({ length: 200 }, (_, x) => image.data[x * 3 + 1])
    // Sharp in the middle, which enlarging four pixels would not be.
    assert.deepStrictEqual(
      row.slice(0, 99),
      Array.from({ length: 99 }, () => 0)
    )
    assert.deepStrictEqual(
      row.slice(101),
      Array.from({ length: 99 }, () => 1)
    )
  })

  it("reads the first frame, and says that there are more", async () => {
    const frames = await sharp(Uint8Array.of(255, 0, 0, 0, 0, 255), {
      raw: { width: 1, height: 2, channels: 3, pageHeight: 1 }
    })
      .gif()
      .toBuffer()
    assert.strictEqual((await sharp(frames).metadata()).pages, 2)
    const log: Array<string> = []
    assert.deepStrictEqual(levels(await read(frames, {}, log), 255), [255, 0, 0])
    assert.deepStrictEqual(log, ["photos/a b.png has 2 pages or frames; the first is read"])
  })

  it("reads photographs", async ({ skip }) => {
    for (const name of ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"]) {
      const file = sharedFile("data", "images", name)
      if (file === undefined) return skip("the shared photographs are not here")
      const image = await read(readFileSync(file), { size: [64, 64], range: "[-1,1]" })
      assert.deepStrictEqual(image.shape, [64, 64, 3])
      const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length
      assert.isBelow(Math.abs(mean), 0.7)
    }
    return undefined
  })
})

describe("readPicture, given something else than a sound picture", () => {
  const noise = new Uint8Array(120 * 120 * 3).map((_, i) => (i * 7919) % 251)
  const jpeg = raw(noise, 120, 120, 3).jpeg().toBuffer()

  it("refuses a JPEG that is cut off", async () => {
    const whole = await jpeg
    for (const part of [0.3, 0.6, 0.95]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part))
      const error = await failure(read(cut, { size: [64, 64] }))
      assert.match(error.message, /is cut off or damaged/)
    }
  })

  it("refuses a PNG that is cut off", async () => {
    const whole = await raw(noise, 120, 120, 3).png().toBuffer()
    const error = await failure(read(whole.subarray(0, whole.length / 2)))
    assert.match(error.message, /is cut off or damaged/)
  })

  it("refuses an empty file", async () => {
    assert.match((await failure(read(new Uint8Array(0)))).message, /is empty \(0 bytes\)/)
  })

  it("refuses what is not a picture, and says what is", async () => {
    for (const text of ["hello", "%PDF-1.4\n", "{}", "\0".repeat(100)]) {
      const error = await failure(read(Buffer.from(text)))
      assert.match(error.message, /is not a picture/)
      assert.match(error.hint ?? "", /PNG, JPEG, WebP/)
    }
  })

  it("refuses a folder and a missing file", async () => {
    const folder = temporaryFolder()
    const from = (file: string) =>
      readPicture({ path: "photos/a b.png", read: () => readFile(file) }, defaults, () => undefined)
    assert.match((await failure(from(folder))).message, /is a folder/)
    assert.match((await failure(from(path.join(folder, "x")))).message, /does not exist/)
  })

  it("refuses a header of 30,000 by 30,000 pixels without making room for it", async () => {
    const before = process.memoryUsage().rss
    const error = await failure(read(pngClaiming(30_000, 30_000), { size: [64, 64] }))
    assert.include(error.message, "30000 × 30000")
    assert.include(error.message, "900,000,000")
    assert.include(error.message, "268,435,456")
    // The picture would be 2.7 GB.
    assert.isBelow(process.memoryUsage().rss - before, 200e6)
  })

  it("refuses samples whose white is not defined", async () => {
    const file = tiffOf({ width: 2, height: 1, channels: 1, samples: Float32Array.of(0.5, 12) })
    assert.match((await failure(read(file))).message, /samples of the type float/)
  })

  it("refuses an SVG that shows another file, and never reads that file", async () => {
    const secret = path.join(temporaryFolder(), "secret.png")
    writeFileSync(
      secret,
      await sharp({ create: { width: 9, height: 9, channels: 3, background: "#000" } })
        .png()
        .toBuffer()
    )
    for (const href of [secret, pathToFileURL(secret).href, "https://example.org/a.png"]) {
      for (const attribute of ["href", "xlink:href"]) {
        const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"><rect width="9" height="9" fill="#fff"/><image width="9" height="9" ${attribute}="${href}"/></svg>`
        const error = await failure(read(Buffer.from(svg)))
        assert.include(error.message, href)
        // The decoder would not have read it either: it is given bytes, which have no place of their own.
        const drawn = await sharp(Buffer.from(svg)).flatten({ background: "#fff" }).raw().toBuffer()
        assert.isTrue(drawn.every((level) => level === 255))
      }
    }
  })

  it("refuses an SVG with an entity that holds a file", async () => {
    const secret = path.join(temporaryFolder(), "secret.txt")
    writeFileSync(secret, '<rect width="9" height="9" fill="#000"/>')
    const svg = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "${pathToFileURL(secret).href}">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">&x;</svg>`
    const outcome = await read(Buffer.from(svg)).then(
      ({ data }) => data.every((value) => value === 1),
      (error: unknown) => error instanceof UserError
    )
    assert.isTrue(outcome, "the file's content was drawn")
  })

  it("takes an SVG with a picture inside, and says that text depends on the machine", async () => {
    const dot = await raw(Uint8Array.of(255, 0, 0), 1, 1, 3)
      .png()
      .toBuffer()
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><image width="8" height="8" preserveAspectRatio="none" href="data:image/png;base64,${dot.toString("base64")}"/><text x="100">a</text></svg>`
    const log: Array<string> = []
    const image = await read(Buffer.from(svg), {}, log)
    assert.deepStrictEqual(levels(image, 255).slice(0, 3), [255, 0, 0])
    assert.match(log.join(), /this machine's fonts/)
  })
})

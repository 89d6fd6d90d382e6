import { assert, describe, it } from "vitest"
import { gzipSync } from "node:zlib"
import { UserError } from "../../src/base/user-error.ts"
import {
  checkPaired,
  classIndices,
  readIdxImages,
  readIdxLabels,
  withoutGzip
} from "../../src/data/idx.ts"
import { idx, idxImages, idxLabels } from "./idx-files.ts"

const named = (bytes: Uint8Array) => ({ shown: "data/f", bytes })

describe("IDX files", () => {
  it("give images and labels as they are", () => {
    const images = readIdxImages(named(idxImages(2)))
    assert.deepStrictEqual(images.shape, [2, 2, 3, 1])
    assert.deepStrictEqual([...images.data], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    assert.deepStrictEqual([...readIdxLabels(named(idxLabels(7, 0)))], [7, 0])
  })

  it("may have colours as a fourth dimension", () => {
    const images = readIdxImages(named(idx(8, [1, 1, 2, 3], [1, 2, 3, 4, 5, 6])))
    assert.deepStrictEqual(images.shape, [1, 1, 2, 3])
  })

  it("may be compressed", () => {
    const plain = idxLabels(1, 2, 3)
    assert.deepStrictEqual(withoutGzip(named(plain)), plain)
    assert.deepStrictEqual(Buffer.from(withoutGzip(named(gzipSync(plain)))), Buffer.from(plain))
  })

  const images = (bytes: Uint8Array) => () => readIdxImages(named(bytes))
  const labels = (bytes: Uint8Array) => () => readIdxLabels(named(bytes))
  const wrong: ReadonlyArray<readonly [string, () => unknown, RegExp]> = [
    ["an empty file", images(new Uint8Array(0)), /data\/f is empty/],
    [
      "a file that is cut off",
      images(idxImages(3).subarray(0, -1)),
      /data\/f is cut off: its header promises 3 × 2 × 3 bytes, 18 in all, and it has 17/
    ],
    ["a header that is cut off", images(idxImages(3).subarray(0, 10)), /within its header/],
    ["bytes after the end", labels(Buffer.concat([idxLabels(1), idxLabels(2)])), /after its end/],
    [
      "a wrong magic number",
      images(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d)),
      /not an IDX file of images: it starts with 89 50 4e 47, not with 00 00 08 03/
    ],
    ["a web page", images(Buffer.from("<!DOCTYPE html>")), /it starts with 3c 21/],
    ["labels for images", images(idxLabels(1, 2)), /holds labels where images should be/],
    ["images for labels", labels(idxImages(2)), /holds images where labels should be/],
    ["floats", images(idx(0x0d, [1, 1, 1], [0, 0, 0, 0])), /holds float32/],
    ["a matrix", images(idx(8, [1, 1], [0])), /has 2 dimensions; images have 3 or 4/],
    ["no image", images(idx(8, [0, 28, 28], [])), /holds no images/],
    [
      "a damaged archive",
      () => withoutGzip(named(gzipSync(idxImages(3)).subarray(0, -9))),
      /data\/f is a gzip file that is cut off or damaged/
    ],
    [
      "other numbers of images and labels",
      () => checkPaired({ shown: "a", count: 60000 }, { shown: "b", count: 10000 }),
      /a has 60000 images, but b has 10000 labels/
    ],
    [
      "a label beyond the classes",
      () => classIndices(Uint8Array.of(1, 9, 12), { classes: 10, first: 0, shown: "b" }),
      /b: the label 12 of image 2 is none of the 10 classes 0 to 9/
    ],
    [
      "a label before the first class",
      () => classIndices(Uint8Array.of(1, 0), { classes: 26, first: 1, shown: "b" }),
      /the label 0 of image 1 is none of the 26 classes 1 to 26/
    ]
  ]
  it.each(wrong)("are refused: %s", (_, attempt, message) => {
    assert.throws(attempt, UserError)
    assert.throws(attempt, message)
  })

  it("count classes from the first one", () => {
    const indices = classIndices(Uint8Array.of(1, 26), { classes: 26, first: 1, shown: "b" })
    assert.deepStrictEqual([...indices], [0, 25])
  })
})

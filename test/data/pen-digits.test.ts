import { assert, describe, it } from "vitest"
import { type PenDigits, penDigits } from "../../src/data/pen-digits/draw.ts"
import { smoothPath } from "../../src/data/pen-digits/path.ts"
import { templates } from "../../src/data/pen-digits/templates.ts"
import { drawInk } from "../../src/data/pen-digits/ink.ts"
import { datasetStatistics } from "../../src/data/statistics.ts"
import { selectImages } from "../../src/values/dataset/select.ts"

const usual: PenDigits = { count: 600, seed: 0, size: 28, variation: 1, range: "[0,1]" }
const digits = penDigits(usual)
const pixels = 28 * 28
const imageOf = (dataset: { readonly data: Uint8Array }, index: number) =>
  dataset.data.subarray(index * pixels, (index + 1) * pixels)

describe("penDigits", () => {
  it("draws the same digits for the same seed, and others for another", () => {
    assert.deepStrictEqual(penDigits({ ...usual, count: 30 }), penDigits({ ...usual, count: 30 }))
    const other = penDigits({ ...usual, count: 30, seed: 1 })
    assert.notDeepEqual(other.data, digits.data.subarray(0, 30 * pixels))
  })

  it("draws digit i the same whatever the count", () => {
    // Beyond one piece of the random numbers that are drawn together.
    for (const count of [1, 17, 300]) {
      const few = penDigits({ ...usual, count })
      const first = selectImages(
        digits,
        Array.from({ length: count }, (_, index) => index)
      )
      assert.deepStrictEqual(few, first)
    }
  })

  it("has each digit once in each ten, in changing order", () => {
    const tens = Array.from({ length: 60 }, (_, ten) =>
      Array.from(digits.labels!.slice(ten * 10, ten * 10 + 10))
    )
    for (const ten of tens)
      assert.deepStrictEqual(
        ten.toSorted((a, b) => a - b),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
      )
    assert.isAbove(new Set(tens.map((ten) => ten.join())).size, 55)
  })

  it("has about the pixels of MNIST", () => {
    // MNIST: 0.13066, 0.30811, 0.067251 and 0.053314.
    const found = datasetStatistics(digits)
    assert.closeTo(found.mean, 0.13066, 0.008)
    assert.closeTo(found.deviation, 0.30811, 0.008)
    assert.closeTo(found.errorOfMean, 0.067251, 0.008)
    assert.closeTo(found.errorOfClassMeans!, 0.053314, 0.012)
    assert.isTrue(found.classes.every(({ mean }) => mean > 0.05 && mean < 0.19))
  })

  it("keeps digits in the box of 20 × 20, their centre of mass in the middle", () => {
    for (let index = 0; index < 200; index++) {
      let [mass, x, y, left, right, top, bottom] = [0, 0, 0, 28, 0, 28, 0]
      for (const [pixel, level] of imageOf(digits, index).entries()) {
        const [column, row] = [pixel % 28, Math.floor(pixel / 28)]
        mass += level
        x += level * (column + 0.5)
        y += level * (row + 0.5)
        if (level < 128) continue
        left = Math.min(left, column)
        right = Math.max(right, column + 1)
        top = Math.min(top, row)
        bottom = Math.max(bottom, row + 1)
      }
      // Where lines cross, ink counts once, which the middle is not asked for.
      assert.closeTo(x / mass, 14, 1)
      assert.closeTo(y / mass, 14, 1)
      assert.isAtMost(Math.max(right - left, bottom - top), 21)
      assert.isAtLeast(Math.max(right - left, bottom - top), 18)
    }
  })

  it("never draws the same digit twice, unless hands do not differ", () => {
    const distinct = new Set(
      Array.from({ length: 600 }, (_, index) => Buffer.from(imageOf(digits, index)).toString("hex"))
    )
    assert.strictEqual(distinct.size, 600)
    const same = penDigits({ ...usual, variation: 0 })
    const ways = new Set(
      Array.from({ length: 600 }, (_, index) => Buffer.from(imageOf(same, index)).toString("hex"))
    )
    // Only the way in which a digit is written, and the phase of the wave in the pen's pressure, which is flat.
    assert.isAtMost(ways.size, templates.flat().length)
  })

  it("draws other sizes alike", () => {
    const large = penDigits({ ...usual, count: 20, size: 56 })
    const [small, big] = [
      selectImages(
        digits,
        Array.from({ length: 20 }, (_, i) => i)
      ),
      large
    ].map((dataset) => datasetStatistics(dataset).mean)
    assert.closeTo(big!, small!, 0.004)
  })
})

describe("smoothPath", () => {
  const point = (x: number, y: number, corner = false) => ({ x, y, corner })

  it("goes through its points, in small steps", () => {
    const points = [point(0, 0), point(1, 0), point(1, 1), point(0, 2)]
    const path = smoothPath(points, 0.1)
    for (const { x, y } of points) {
      assert.isBelow(Math.min(...path.map((at) => Math.hypot(at.x - x, at.y - y))), 1e-9)
    }
    for (const [index, at] of path.slice(1).entries()) {
      assert.isBelow(Math.hypot(at.x - path[index]!.x, at.y - path[index]!.y), 0.2)
    }
  })

  it("is straight between corners", () => {
    for (const { x, y } of smoothPath([point(0, 0), point(1, 0, true), point(1, 1)], 0.1)) {
      assert.isTrue(Math.abs(y) < 1e-12 || Math.abs(x - 1) < 1e-12)
    }
  })
})

describe("drawInk", () => {
  it("covers the area of a line", () => {
    const line = [
      { x: 5, y: 10, radius: 2 },
      { x: 15, y: 10, radius: 2 }
    ]
    const area = drawInk([line], 20, 1).reduce((sum, ink) => sum + ink, 0)
    // A rectangle of 10 × 4, and half a disc of radius 2 at each end.
    assert.closeTo(area, 40 + Math.PI * 4, 0.5)
  })
})

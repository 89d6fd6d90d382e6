import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { columnsFor, displaySize } from "../../src/figures/gallery/display-size.ts"
import { viewingSizes } from "../../src/figures/gallery/hybrids.ts"
import { shareOut } from "../../src/figures/gallery/share-out.ts"
import { stripsOf } from "../../src/figures/gallery/strips.ts"
import type { Images } from "../../src/values/values.ts"

describe("the size of a picture", () => {
  it("is a whole number of times the image, close to what is wanted", () => {
    const sideAt = (side: number) => displaySize(side, side, { side: 140, slack: 4 / 3 }).width
    assert.deepStrictEqual([28, 32, 64, 256].map(sideAt), [140, 128, 128, 256])
    const size = fc.integer({ min: 1, max: 140 })
    fc.assert(
      fc.property(size, size, fc.constantFrom(1, 4 / 3), (height, width, slack) => {
        const shown = displaySize(height, width, { side: 140, slack })
        assert.strictEqual(shown.width % width, 0)
        assert.strictEqual(shown.width / width, shown.height / height)
        assert.isAtMost(Math.max(shown.width, shown.height), slack * 140)
        assert.isFalse(shown.smooth)
      })
    )
  })

  it("keeps large images as they are, or makes them as small as they have to be", () => {
    assert.deepStrictEqual(displaySize(256, 512, { side: 140 }), {
      width: 512,
      height: 256,
      smooth: true
    })
    assert.deepStrictEqual(displaySize(256, 512, { side: 140, most: 140 }), {
      width: 140,
      height: 70,
      smooth: true
    })
  })
})

describe("columns", () => {
  it("fill their rows where they can, else nearly", () => {
    assert.deepStrictEqual(
      [
        [3, 8],
        [40, 11],
        [64, 11],
        [5, 4],
        [23, 11]
      ].map(([count, most]) => columnsFor(count!, most!)),
      [3, 10, 8, 3, 8]
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 40 }),
        (count, most) => {
          const columns = columnsFor(count, most)
          assert.isAtLeast(columns, 1)
          assert.isAtMost(columns, most)
        }
      )
    )
  })
})

describe("the room on a page", () => {
  it("is shared evenly", () => {
    assert.deepStrictEqual(shareOut([[10, 10, 10], [10], [30, 30]], 1000), [3, 1, 2])
    assert.deepStrictEqual(shareOut([[10, 10, 10], [10], [30, 30]], 60), [2, 1, 1])
    // What comes first is shown, even alone.
    assert.deepStrictEqual(shareOut([[100], [10]], 60), [1, 0])
    assert.deepStrictEqual(shareOut([[20, 20], [100], [20]], 60), [2, 0, 1])
    assert.deepStrictEqual(shareOut([], 60), [])
  })

  it("is never exceeded, but by the very first item", () => {
    const items = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(items, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 300 }),
        (sections, most) => {
          const shown = shareOut(sections, most)
          const used = sections
            .flatMap((pixels, section) => pixels.slice(0, shown[section]))
            .reduce((sum, pixels) => sum + pixels, 0)
          assert.isAtLeast(shown[0]!, 1)
          assert.isAtMost(used, Math.max(most, sections[0]![0]!))
          // A section that is cut has no room for its next item.
          for (const [section, pixels] of sections.entries()) {
            const next = pixels[shown[section]!]
            if (next !== undefined) assert.isAbove(used + next, most)
          }
        }
      )
    )
  })
})

const trajectory = (
  labels: ReadonlyArray<string> | undefined,
  count = labels?.length ?? 0
): Images => ({
  type: "Images",
  shape: [count, 1, 1, 1],
  range: "[0,1]",
  data: new Float32Array(count),
  ...(labels === undefined ? {} : { labels })
})
const outline = (images: Images) =>
  stripsOf(images).map(
    ({ frames, name }) => `${name}: ${frames.map(({ moment }) => moment).join(" ")}`
  )

describe("film strips", () => {
  it("are found by the labels that samplers give", () => {
    assert.deepStrictEqual(
      outline(trajectory(["t=990", "t=30", "sample", "t=990", "t=30", "sample"])),
      [": t=990 t=30 sample", ": t=990 t=30 sample"]
    )
    assert.deepStrictEqual(
      outline(trajectory(["a · b · t=9", "a · b · sample", "a · b · t=9", "a · b · sample"])),
      ["a · b: t=9 sample", "a · b: t=9 sample"]
    )
    assert.deepStrictEqual(
      outline(trajectory(["4 · t=9", "4 · sample", "7 · t=8", "7 · sample"])),
      ["4: t=9 sample", "7: t=8 sample"]
    )
  })

  it("have every image once and in order", () => {
    const part = fc.constantFrom("", "t=1", "t=0", "sample", "a · t=1", "b · t=1")
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (labels) => {
        const indices = stripsOf(trajectory(labels)).flatMap(({ frames }) =>
          frames.map(({ index }) => index)
        )
        assert.deepStrictEqual(
          indices,
          labels.map((_, index) => index)
        )
      })
    )
  })

  it("are one without labels", () => {
    assert.deepStrictEqual(outline(trajectory(undefined, 3)), [":   "])
  })
})

describe("the sizes of a hybrid", () => {
  it("halve, from about 256 pixels on, and pass the image's own", () => {
    const widths = (side: number) => viewingSizes(side, side).map(({ width }) => width)
    assert.deepStrictEqual(widths(28), [224, 112, 56, 28])
    assert.deepStrictEqual(widths(64), [256, 128, 64, 32])
    assert.deepStrictEqual(widths(256), [256, 128, 64, 32])
    assert.deepStrictEqual(widths(1024), [320, 160, 80, 40])
    assert.deepStrictEqual(viewingSizes(64, 32)[0], { width: 128, height: 256 })
  })
})

import { assert, describe, it } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { glyphHeight, glyphOf, glyphWidth, textWidth } from "../../src/values/pixel-font.ts"
import { arrangeRow, arrangeSheet, imageAt, type SheetRow } from "../../src/values/sheet.ts"

const options = { range: "[0,1]", scale: 1, gap: 1, background: [1, 1, 1] } as const

const cell = (level: number, height = 1, width = 1) => ({
  data: new Float32Array(height * width).fill(level),
  shape: [height, width, 1] as const
})

/** One character a pixel: a digit for tenths, `.` for the background. */
const drawn = (rows: ReadonlyArray<SheetRow>, changed: object = {}) => {
  const { data, shape } = arrangeSheet(rows, { ...options, ...changed })
  return Array.from({ length: shape[0] }, (_, y) =>
    Array.from({ length: shape[1] }, (_, x) => {
      const level = data[(y * shape[1] + x) * 3]!
      return level === 1 ? "." : String(Math.round(level * 10))
    }).join("")
  )
}

describe("the bitmap font", () => {
  it("has all of ASCII and the letters of diffusion, each of one size and no two alike", () => {
    const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
    const all = [...characters, ...Array.from("αβγεημσΔ×·±→≤≥°²–")]
    const seen = new Map<string, string>()
    for (const character of all) {
      const rows = glyphOf(character)
      assert.strictEqual(rows.length, glyphHeight, character)
      for (const row of rows) assert.match(row, new RegExp(`^[#.]{${glyphWidth}}$`), character)
      const art = rows.join("\n")
      assert.isUndefined(seen.get(art), `${character} looks like ${seen.get(art)}`)
      seen.set(art, character)
    }
    assert.isTrue(glyphOf(" ").every((row) => !row.includes("#")))
  })

  it("draws a box for what it does not have", () => {
    assert.deepStrictEqual(glyphOf("☃"), glyphOf("é"))
    assert.notDeepEqual(glyphOf("☃"), glyphOf("0"))
  })

  it("measures by characters", () => {
    assert.deepStrictEqual(["", "a", "σ=1"].map(textWidth), [0, 5, 17])
  })
})

describe("arrangeSheet", () => {
  it("puts cells in rows and columns, with gaps", () => {
    assert.deepStrictEqual(drawn([{ cells: [cell(0.1), cell(0.2)] }, { cells: [cell(0.3)] }]), [
      ".....",
      ".1.2.",
      ".....",
      ".3...",
      "....."
    ])
  })

  it("centres cells that are smaller than others", () => {
    assert.deepStrictEqual(drawn([{ cells: [cell(0.1, 3, 3), cell(0.2)] }]), [
      ".......",
      ".111...",
      ".111.2.",
      ".111...",
      "......."
    ])
  })

  it("enlarges cells, not gaps", () => {
    assert.deepStrictEqual(drawn([{ cells: [cell(0.1)] }], { scale: 2 }), [
      "....",
      ".11.",
      ".11.",
      "...."
    ])
  })

  it("draws captions above and titles to the left, in the colour that shows", () => {
    const rows = [{ title: "|", cells: [{ ...cell(0.5, 9, 9), caption: "I" }] }]
    assert.deepStrictEqual(drawn(rows), [
      "....................",
      ".............000....",
      "..............0.....",
      "..............0.....",
      "..............0.....",
      "..............0.....",
      "..............0.....",
      ".............000....",
      "....................",
      "....................",
      "....................",
      "....................",
      "..........555555555.",
      "...0......555555555.",
      "...0......555555555.",
      "...0......555555555.",
      "...0......555555555.",
      "...0......555555555.",
      "...0......555555555.",
      "...0......555555555.",
      "..........555555555.",
      "...................."
    ])
    const dark = arrangeSheet(rows, { ...options, background: [0, 0, 0] })
    assert.strictEqual(Math.max(...dark.data), 1)
  })

  it("keeps values outside of the range", () => {
    const { data } = arrangeSheet([{ cells: [cell(-7)] }], options)
    assert.strictEqual(Math.min(...data), -7)
  })

  it("shows grey and colour side by side", () => {
    const red = { data: Float32Array.of(1, 0, 0), shape: [1, 1, 3] as const }
    const { data, shape } = arrangeSheet([{ cells: [cell(0.5), red] }], { ...options, gap: 0 })
    assert.deepStrictEqual(shape, [1, 2, 3])
    assert.deepStrictEqual([...data], [0.5, 0.5, 0.5, 1, 0, 0])
  })

  it("refuses what no screen shows", () => {
    const strange = { data: new Float32Array(2), shape: [1, 1, 2] as const }
    assert.throws(() => arrangeSheet([{ cells: [strange] }], options), UserError, "not of 2")
    const huge = { ...options, scale: 10_000 }
    assert.throws(() => arrangeSheet([{ cells: [cell(0)] }], huge), UserError, "10002 × 10002")
  })
})

describe("batches", () => {
  const images = {
    type: "Images",
    shape: [2, 2, 1, 1],
    range: "[0,1]",
    data: Float32Array.of(1, 2, 3, 4)
  } as const

  it("stand in a row", () => {
    const row = arrangeRow(images)
    assert.deepStrictEqual(row.shape, [2, 2, 1])
    assert.deepStrictEqual([...row.data], [1, 3, 2, 4])
  })

  it("give single images", () => {
    const { data, shape } = imageAt(images, 1)
    assert.deepStrictEqual(
      [shape, [...data]],
      [
        [2, 1, 1],
        [3, 4]
      ]
    )
  })
})

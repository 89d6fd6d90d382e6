import { assert, describe, it } from "vitest"
import sharp from "sharp"
import type { Mask } from "../../../src/values/values.ts"
import load from "../../../stages/mask/load.ts"
import rectangle from "../../../stages/mask/rectangle.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"

const rowsOf = ({ data, shape: [height, width] }: Mask) =>
  Array.from({ length: height }, (_, y) => Array.from(data.subarray(y * width, (y + 1) * width)))

describe("mask/rectangle", () => {
  const drawn = async (params: object) => (await runStage(rectangle, {}, params)).mask
  const small = { height: 4, width: 5, rows: [1, 2], columns: [1, 3] }

  it("is 1 from the first to the last row and column, both inside", async () => {
    assert.deepStrictEqual(rowsOf(await drawn(small)), [
      [0, 0, 0, 0, 0],
      [0, 1, 1, 1, 0],
      [0, 1, 1, 1, 0],
      [0, 0, 0, 0, 0]
    ])
  })

  it("draws the square of the inpainting experiment", async () => {
    const { data } = await drawn({ height: 64, width: 64, rows: [2, 19], columns: [24, 41] })
    assert.strictEqual(
      data.reduce((sum, weight) => sum + weight, 0),
      324
    )
    assert.deepStrictEqual([data[2 * 64 + 24], data[19 * 64 + 41]], [1, 1])
    assert.deepStrictEqual([data[1 * 64 + 24], data[19 * 64 + 42]], [0, 0])
  })

  it("inverts, and falls off evenly", async () => {
    const row = { height: 1, width: 6, rows: [0, 0], columns: [2, 2] }
    assert.deepStrictEqual(rowsOf(await drawn({ ...row, invert: true })), [[1, 1, 0, 1, 1, 1]])
    assert.deepStrictEqual(rowsOf(await drawn({ ...row, feather: 1 })), [[0, 0.5, 1, 0.5, 0, 0]])
    assert.deepStrictEqual(rowsOf(await drawn({ ...row, feather: 3 })), [
      [0.5, 0.75, 1, 0.75, 0.5, 0.25]
    ])
  })

  it("refuses rectangles that do not lie in the mask", () => {
    const paths = (params: object) =>
      checkStage(rectangle, { ...small, ...params }).map(({ path }) => path)
    assert.deepStrictEqual(paths({}), [])
    assert.deepStrictEqual(paths({ rows: [0, 3], columns: [0, 4] }), [])
    assert.deepStrictEqual(paths({ rows: [0, 4], columns: [0, 5] }), [
      ["rows", 1],
      ["columns", 1]
    ])
    assert.deepStrictEqual(paths({ rows: [2, 1] }), [["rows"]])
    assert.throws(() => decodeParams(rectangle, { ...small, rows: [-1, 2] }))
  })
})

describe("mask/load", () => {
  const picture = sharp(Uint8Array.of(0, 51, 204, 255), {
    raw: { width: 4, height: 1, channels: 1 }
  })
    .toColourspace("b-w")
    .png()
    .toBuffer()
  const loaded = async (params: object = {}) => {
    const file = { path: "mask.png", read: () => picture }
    const { mask } = await runStage(
      load,
      {},
      { path: "mask.png", ...params },
      { files: { path: file } }
    )
    return Array.from(mask.data, (weight) => Math.round(weight * 1e6) / 1e6)
  }

  it("takes white for 1 and black for 0", async () => {
    assert.deepStrictEqual(await loaded(), [0, 0.2, 0.8, 1])
    assert.deepStrictEqual(await loaded({ invert: true }), [1, 0.8, 0.2, 0])
  })

  it("decides at a threshold, which belongs to 1", async () => {
    assert.deepStrictEqual(await loaded({ threshold: 0.5 }), [0, 0, 1, 1])
    assert.deepStrictEqual(await loaded({ threshold: 1 }), [0, 0, 0, 1])
    assert.deepStrictEqual(await loaded({ threshold: 0 }), [1, 1, 1, 1])
  })

  it("stays between 0 and 1 where the kernel overshoots", async () => {
    const weights = await loaded({ size: [1, 40], fit: "stretch" })
    assert.strictEqual(Math.min(...weights), 0)
    assert.strictEqual(Math.max(...weights), 1)
  })

  it("takes transparent for 0", async () => {
    const clear = await sharp(Uint8Array.of(255, 255, 255, 0), {
      raw: { width: 1, height: 1, channels: 4 }
    })
      .png()
      .toBuffer()
    const file = { path: "mask.png", read: () => Promise.resolve(clear) }
    const { mask } = await runStage(load, {}, { path: "mask.png" }, { files: { path: file } })
    assert.deepStrictEqual([...mask.data], [0])
  })
})

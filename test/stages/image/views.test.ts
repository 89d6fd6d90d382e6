import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { tf } from "../../../src/engine/tf.ts"
import type { Images } from "../../../src/values/values.ts"
import flip from "../../../stages/image/flip.ts"
import rotate from "../../../stages/image/rotate.ts"
import { runStage } from "../../support/run-stage.ts"
import { imagesOf, ramp, rowsOf } from "../images.ts"

const side = fc.integer({ min: 1, max: 6 })
const someImages = fc.tuple(side, side, side, side).map((shape) =>
  ramp(
    shape,
    Array.from({ length: shape[0] }, (_, i) => `t=${i}`)
  )
)

const flipped = async (images: Images, direction: string) =>
  (await runStage(flip, { images }, { direction })).images
const rotated = async (images: Images, degrees: number) =>
  (await runStage(rotate, { images }, { degrees })).images

const picture = imagesOf([
  [
    [1, 2, 3],
    [4, 5, 6]
  ]
])

describe("image/flip", () => {
  it("turns rows or columns round", async () => {
    assert.deepStrictEqual(rowsOf(await flipped(picture, "vertical")), [
      [
        [4, 5, 6],
        [1, 2, 3]
      ]
    ])
    assert.deepStrictEqual(rowsOf(await flipped(picture, "horizontal")), [
      [
        [3, 2, 1],
        [6, 5, 4]
      ]
    ])
  })

  it("undoes itself", async () => {
    await fc.assert(
      fc.asyncProperty(
        someImages,
        fc.constantFrom("vertical", "horizontal"),
        async (images, way) => {
          assert.deepStrictEqual(await flipped(await flipped(images, way), way), images)
        }
      )
    )
  })
})

describe("image/rotate", () => {
  it("turns clockwise", async () => {
    assert.deepStrictEqual(rowsOf(await rotated(picture, 90)), [
      [
        [4, 1],
        [5, 2],
        [6, 3]
      ]
    ])
    assert.deepStrictEqual(rowsOf(await rotated(picture, 180)), [
      [
        [6, 5, 4],
        [3, 2, 1]
      ]
    ])
    assert.deepStrictEqual(rowsOf(await rotated(picture, 270)), [
      [
        [3, 6],
        [2, 5],
        [1, 4]
      ]
    ])
  })

  it("makes a half turn of two flips, and three quarters of a half and a quarter", async () => {
    await fc.assert(
      fc.asyncProperty(someImages, async (images) => {
        const half = await rotated(images, 180)
        assert.deepStrictEqual(await flipped(await flipped(images, "vertical"), "horizontal"), half)
        assert.deepStrictEqual(await rotated(half, 90), await rotated(images, 270))
        assert.deepStrictEqual(await rotated(await rotated(images, 90), 270), images)
      })
    )
  })

  it("knows the turned shape before it runs", () => {
    const known = { dims: { H: 2, W: 3 }, attributes: {}, connected: {} }
    assert.deepStrictEqual(rotate.bind?.({ degrees: 90 }, known), { H2: 3, W2: 2 })
    assert.deepStrictEqual(rotate.bind?.({ degrees: 180 }, known), { H2: 2, W2: 3 })
    assert.deepStrictEqual(rotate.bind?.({ degrees: 90 }, { ...known, dims: { H: 2 } }), { W2: 2 })
  })
})

it("views leave no tensor behind", async () => {
  await flipped(picture, "vertical")
  const before = tf.memory().numTensors
  await flipped(picture, "horizontal")
  await rotated(picture, 90)
  await rotated(picture, 180)
  assert.strictEqual(tf.memory().numTensors, before)
})

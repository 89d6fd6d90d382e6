import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { tf } from "../../../src/engine/tf.ts"
import type { Images } from "../../../src/values/values.ts"
import { axisWeights, interpolations, resample } from "../../../src/values/resample.ts"
import resize from "../../../stages/image/resize.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"
import { imagesOf, ramp, rowsOf } from "../images.ts"

const resized = async (images: Images, params: object) =>
  (await runStage(resize, { images }, params)).images
const side = fc.integer({ min: 1, max: 9 })

describe("image/resize", () => {
  it("agrees with the resampling of image/load, for every image and channel", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 1, max: 3 }), side, side, fc.integer({ min: 1, max: 3 })),
        side,
        side,
        fc.constantFrom(...interpolations),
        async (shape, height, width, interpolation) => {
          const images = ramp(shape)
          const size = shape[1] * shape[2] * shape[3]
          const rows = axisWeights(shape[1], height, interpolation)
          const columns = axisWeights(shape[2], width, interpolation)
          const expected = Array.from({ length: shape[0] }, (_, n) => [
            ...resample(images.data.subarray(n * size, (n + 1) * size), shape[3], rows, columns)
          ]).flat()
          const { data, shape: found } = await resized(images, {
            size: [height, width],
            fit: "stretch",
            interpolation
          })
          assert.deepStrictEqual(found, [shape[0], height, width, shape[3]])
          // Two products in float32 against float64: a dozen roundings of numbers up to 2.
          data.forEach((value, i) => assert.closeTo(value, expected[i]!, 3e-6))
        }
      )
    )
  })

  it("keeps values outside of the range", async () => {
    const images = imagesOf([
      [
        [5, 5],
        [5, 5]
      ]
    ])
    const { data } = await resized(images, { size: 5, interpolation: "linear" })
    data.forEach((value) => assert.closeTo(value, 5, 1e-5))
  })

  it("enlarges to squares by nearest", async () => {
    const images = imagesOf([[[1, 2]]])
    assert.deepStrictEqual(
      rowsOf(await resized(images, { size: [2, 4], fit: "stretch", interpolation: "nearest" })),
      [
        [
          [1, 1, 2, 2],
          [1, 1, 2, 2]
        ]
      ]
    )
  })

  it("cuts off or adds a border", async () => {
    const images = imagesOf([
      [
        [-1, 0.5, 0.5, -1],
        [-1, 0.5, 0.5, -1]
      ]
    ])
    const as = async (params: object) =>
      rowsOf(await resized(images, { size: 2, interpolation: "area", ...params }))
    assert.deepStrictEqual(await as({ fit: "cover" }), [
      [
        [0.5, 0.5],
        [0.5, 0.5]
      ]
    ])
    assert.deepStrictEqual(await as({ fit: "contain", background: "#000000" }), [
      [
        [-0.25, -0.25],
        [-1, -1]
      ]
    ])
  })

  it("colours the border", async () => {
    const images = ramp([1, 1, 2, 3])
    const { data } = await resized(images, { size: 2, fit: "contain", background: "#ff0000" })
    assert.deepStrictEqual([...data.subarray(6)], [1, -1, -1, 1, -1, -1])
    data.subarray(0, 6).forEach((value, i) => assert.closeTo(value, images.data[i]!, 1e-6))
  })

  it("refuses a coloured border around grey images", () => {
    const params = { size: 2, fit: "contain", background: "#ff0000" }
    assert.deepStrictEqual(
      checkStage(resize, params, { dims: { C: 1 } }).map(({ path }) => path),
      [["background"]]
    )
    assert.deepStrictEqual(checkStage(resize, params, { dims: { C: 3 } }), [])
    assert.deepStrictEqual(checkStage(resize, { size: 2 }, { dims: { C: 1 } }), [])
  })

  it("refuses sizes and colours that are none", () => {
    for (const wrong of [
      { size: 0 },
      { size: 1.5 },
      { size: [1] },
      { size: 2, background: "red" }
    ]) {
      assert.throws(() => decodeParams(resize, wrong))
    }
  })

  it("leaves no tensor behind", async () => {
    await resized(ramp([1, 2, 2, 1]), { size: 1 })
    const before = tf.memory().numTensors
    await resized(ramp([2, 4, 3, 3]), { size: 5, fit: "contain" })
    assert.strictEqual(tf.memory().numTensors, before)
  })
})

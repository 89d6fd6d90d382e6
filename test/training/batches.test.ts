import { assert, describe, it } from "vitest"
import { normal, uniform } from "../../src/engine/random/streams.ts"
import { batchOf, inBatches } from "../../src/training/batches.ts"
import { shiftedImages } from "../../src/training/shifted-images.ts"
import { bars, noise, size } from "./data.ts"

const randomness = { seed: 3, prefix: "epoch 2" }
const places = Int32Array.of(4, 0, 2)
const pixels = size * size

describe("a batch", () => {
  it("has the images and labels of its places, in the data's range", () => {
    const data = noise(5)
    const batch = batchOf(data, places, randomness)
    assert.deepStrictEqual(batch.shape, [3, size, size, 1])
    assert.deepStrictEqual([...batch.labels!], [0, 0, 0])
    const symmetric = batchOf({ ...data, range: "[-1,1]" }, places, randomness).images
    for (const [at, place] of places.entries()) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const byte = data.data[place * pixels + pixel]!
        assert.strictEqual(batch.images[at * pixels + pixel], Math.fround(byte / 255))
        assert.strictEqual(symmetric[at * pixels + pixel], Math.fround(byte / 127.5 - 1))
      }
    }
  })
  it("has random numbers that belong to the image, not to the batch", () => {
    const batch = batchOf(bars(5), places, randomness)
    const [normals, uniforms] = [batch.normal("noise", 4), batch.uniform("time", 1)]
    for (const [at, place] of places.entries()) {
      assert.deepStrictEqual(
        normals.slice(4 * at, 4 * at + 4),
        normal(3, "epoch 2/noise", 4, place)
      )
      assert.strictEqual(uniforms[at], uniform(3, "epoch 2/time", 1, place)[0])
    }
  })
  it("has no labels when the data have none", () => {
    assert.isUndefined(batchOf(bars(5, { classes: 0 }), places, randomness).labels)
  })
})

describe("batches", () => {
  it("are whole but for the last", () => {
    const all = Int32Array.from({ length: 7 }, (_, i) => i)
    assert.deepStrictEqual(
      inBatches(all, 3).map((batch) => Array.from(batch)),
      [[0, 1, 2], [3, 4, 5], [6]]
    )
    assert.strictEqual(inBatches(all, 7).length, 1)
  })
})

describe("shifted images", () => {
  const [height, width] = [3, 2]
  const image = Float32Array.of(1, 2, 3, 4, 5, 6)
  const shifted = (down: number, right: number) => [
    ...shiftedImages(image, [1, height, width, 1], [down, right])
  ]
  it("repeat their border", () => {
    assert.deepStrictEqual(shifted(0, 0), [...image])
    assert.deepStrictEqual(shifted(1, 0), [1, 2, 1, 2, 3, 4])
    assert.deepStrictEqual(shifted(-1, 1), [3, 3, 5, 5, 5, 5])
    assert.deepStrictEqual(shifted(9, 9), [1, 1, 1, 1, 1, 1])
  })
  it("move each image by its own shifts, and all channels alike", () => {
    const two = Float32Array.of(1, -1, 2, -2, 3, -3, 4, -4)
    const moved = shiftedImages(two, [2, 1, 2, 2], [0, 1, 0, -1])
    assert.deepStrictEqual([...moved], [1, -1, 1, -1, 4, -4, 4, -4])
  })
})

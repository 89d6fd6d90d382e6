import { assert, describe, it } from "vitest"
import { nearestImages } from "../../../src/diffusion/evaluation/nearest-images.ts"
import { sourceOfImages } from "../../../src/diffusion/in-batches.ts"
import { normal } from "../../../src/engine/random/streams.ts"

const context = { progress: () => {}, signal: new AbortController().signal }
const imagesOf = (data: Float32Array) =>
  sourceOfImages({ shape: [data.length / 12, 2, 3, 2], data })

describe("nearestImages", () => {
  it("finds what comparing all with all finds", async () => {
    const [queries, references] = [normal(1, "a", 5 * 12), normal(1, "b", 300 * 12)]
    const found = await nearestImages(imagesOf(queries), imagesOf(references), context)
    for (let query = 0; query < 5; query++) {
      const distances = Array.from({ length: 300 }, (_, reference) => {
        let squares = 0
        for (let i = 0; i < 12; i++) {
          squares += (queries[query * 12 + i]! - references[reference * 12 + i]!) ** 2
        }
        return Math.sqrt(squares / 12)
      })
      const distance = Math.min(...distances)
      assert.deepStrictEqual(found[query], { index: distances.indexOf(distance), distance })
    }
  })

  it("has distance 0 to an image that is there, beyond the first part of the references too", async () => {
    const references = normal(1, "b", 5000 * 12)
    const copied = references.slice(4711 * 12, 4712 * 12)
    const [found] = await nearestImages(imagesOf(copied), imagesOf(references), context)
    assert.deepStrictEqual(found, { index: 4711, distance: 0 })
  })
})

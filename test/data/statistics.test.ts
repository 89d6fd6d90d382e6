import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { datasetStatistics } from "../../src/data/statistics.ts"
import { levelsOf } from "../../src/values/dataset/levels.ts"
import type { Dataset } from "../../src/values/values.ts"

const dataset: fc.Arbitrary<Dataset> = fc
  .tuple(
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom("[0,1]" as const, "[-1,1]" as const)
  )
  .chain(([count, size, range]) =>
    fc
      .tuple(
        fc.uint8Array({ minLength: count * size, maxLength: count * size }),
        fc.array(fc.nat({ max: 2 }), { minLength: count, maxLength: count })
      )
      .map(([data, labels]) => ({
        type: "Dataset" as const,
        name: "any",
        shape: [count, 1, size, 1] as const,
        range,
        data,
        classes: ["a", "b", "c"],
        labels: Int32Array.from(labels)
      }))
  )

const mean = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe("datasetStatistics", () => {
  it("is what the definitions say, image by image", () => {
    fc.assert(
      fc.property(dataset, (set) => {
        const [count, , size] = set.shape
        const levels = levelsOf(set.range)
        const images = Array.from({ length: count }, (_, index) =>
          Array.from(set.data.subarray(index * size, (index + 1) * size), (level) => levels[level]!)
        )
        const meanOf = (of: ReadonlyArray<ReadonlyArray<number>>) =>
          Array.from({ length: size }, (_, pixel) => mean(of.map((image) => image[pixel]!)))
        const error = (image: ReadonlyArray<number>, guess: ReadonlyArray<number>) =>
          mean(image.map((value, pixel) => (value - guess[pixel]!) ** 2))
        const ofClass = (label: number) => images.filter((_, index) => set.labels![index] === label)
        const all = images.flat()
        const found = datasetStatistics(set)
        const close = (a: number, b: number) => assert.closeTo(a, b, 1e-6)
        close(found.mean, mean(all))
        close(found.meanSquare, mean(all.map((x) => x * x)))
        close(found.deviation ** 2, mean(all.map((x) => (x - mean(all)) ** 2)))
        close(found.errorOfMean, mean(images.map((image) => error(image, meanOf(images)))))
        close(
          found.errorOfClassMeans!,
          mean(images.map((image, index) => error(image, meanOf(ofClass(set.labels![index]!)))))
        )
        for (const { count, label, meanImage } of found.classes) {
          assert.strictEqual(count, ofClass(label).length)
          for (const [pixel, value] of meanOf(ofClass(label)).entries()) {
            close(meanImage[pixel]!, value)
          }
        }
      })
    )
  })
})

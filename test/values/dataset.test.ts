import { assert, describe, it } from "vitest"
import { datasetImages, firstImages } from "../../src/values/dataset/images.ts"
import { levelsOf } from "../../src/values/dataset/levels.ts"
import { selectImages } from "../../src/values/dataset/select.ts"
import { datasetSheet } from "../../src/values/dataset/sheet.ts"
import { namedTensors } from "../../src/values/named-tensors.ts"
import { smallDataset, smallModel, smallState } from "./small-model.ts"

describe("a dataset's images", () => {
  it("are chosen with their labels, in the order asked for", () => {
    const chosen = selectImages(smallDataset, [2, 0, 2])
    assert.deepStrictEqual(chosen, {
      ...smallDataset,
      data: Uint8Array.of(204, 255, 0, 51, 204, 255),
      labels: Int32Array.of(1, 1, 1)
    })
    assert.throws(() => selectImages(smallDataset, [3]), RangeError, "no image 3 among 3")
    assert.throws(() => selectImages(smallDataset, [-1]), RangeError)
  })

  it("become numbers of its range, labelled with their classes", () => {
    assert.deepStrictEqual(datasetImages(smallDataset, [1]), {
      type: "Images",
      shape: [1, 1, 2, 1],
      range: "[0,1]",
      data: Float32Array.of(102 / 255, 153 / 255),
      labels: ["zero"]
    })
    assert.strictEqual(firstImages(smallDataset, 100).shape[0], 3)
  })

  it("have black and white exactly at the ends of the range", () => {
    for (const [range, low] of [
      ["[0,1]", 0],
      ["[-1,1]", -1]
    ] as const) {
      const levels = levelsOf(range)
      assert.deepStrictEqual([levels.length, levels[0], levels[255]], [256, low, 1])
      assert.isTrue(levels.every((level, index) => index === 0 || level > levels[index - 1]!))
    }
  })

  it("fill a sheet, whatever their channels", () => {
    for (const channels of [1, 2, 3, 4]) {
      const sheet = datasetSheet({
        type: "Dataset",
        name: "d",
        shape: [12, 4, 4, channels],
        range: "[0,1]",
        data: new Uint8Array(12 * 16 * channels),
        classes: []
      })
      // Ten across, two down, each of 4 × 4 twice as large, 2 pixels between them and around.
      assert.deepStrictEqual(sheet.shape, [2 + 2 * 10, 2 + 10 * 10, 3])
    }
  })
})

describe("namedTensors", () => {
  it("calls the tensors of a value by name", () => {
    assert.deepStrictEqual(Object.keys(namedTensors(smallDataset).tensors), ["images", "labels"])
    assert.deepStrictEqual(namedTensors(smallModel()).tensors["norm.num_batches_tracked"], {
      shape: [],
      data: Float64Array.of(7)
    })
    assert.deepStrictEqual(Object.keys(namedTensors(smallState).tensors), ["m.a"])
    const models = ["epoch 1", "epoch 2"].map((label) => ({ label, model: smallModel() }))
    const { description, tensors } = namedTensors({ type: "Models", models })
    assert.strictEqual(Object.keys(tensors).length, 8)
    assert.property(tensors, "epoch 2: a.bias")
    assert.deepStrictEqual(description["labels"], ["epoch 1", "epoch 2"])
  })
})

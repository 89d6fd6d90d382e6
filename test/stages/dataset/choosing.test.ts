import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import images from "../../../stages/dataset/images.ts"
import split from "../../../stages/dataset/split.ts"
import statistics from "../../../stages/dataset/statistics.ts"
import subset from "../../../stages/dataset/subset.ts"
import { labelled, unlabelled } from "../../data/small-dataset.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"

const set = labelled([0, 0, 0, 1, 2, 1, 2, 1])
const problemOf = (run: Promise<unknown>) =>
  run.then(
    () => assert.fail("it was done"),
    (error: unknown) => {
      assert.instanceOf(error, UserError)
      return error
    }
  )
/** Stages that throw at once are like those that fail later. */
const running = async <A>(run: () => Promise<A>): Promise<A> => run()

describe("dataset/split", () => {
  it("parts a data set", async () => {
    const { first, rest } = await runStage(split, { dataset: set }, { size: 0.25 })
    assert.deepStrictEqual(
      [...first.data, ...rest.data].toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7]
    )
    assert.deepStrictEqual(first.shape, [2, 1, 1, 1])
    for (const part of [first, rest]) {
      assert.deepStrictEqual(part.classes, set.classes)
      assert.deepStrictEqual(
        [...part.labels!],
        [...part.data].map((place) => set.labels![place])
      )
    }
    assert.deepStrictEqual([first.name, rest.name], ["set, 2 of it", "set, the other 6"])
  })

  it("knows the sizes beforehand, and what is too much or nothing", async () => {
    const known = { dims: { N: 8, K: 3 }, attributes: {}, connected: {} }
    assert.deepStrictEqual(split.bind?.(decodeParams(split, { size: 0.25 }), known), { F: 2, G: 6 })
    assert.strictEqual(
      checkStage(split, { size: 8 }, known)[0]?.message,
      "a part of 8 images leaves nothing of 8"
    )
    assert.strictEqual(
      checkStage(split, { size: 0.01 }, known)[0]?.message,
      "0.01 of 8 images is none"
    )
    assert.strictEqual(
      checkStage(split, { size: 1, stratified: true }, { dims: { K: 0 } })[0]?.message,
      "the images have no classes to share out"
    )
    assert.match(
      (await problemOf(running(() => runStage(split, { dataset: set }, { size: 9 })))).message,
      /a part of 9/
    )
    for (const size of [0, -1, 1.5]) assert.throws(() => decodeParams(split, { size }), /fraction/)
  })
})

describe("dataset/subset", () => {
  it("takes some of the images", async () => {
    const { dataset } = await runStage(
      subset,
      { dataset: set },
      { count: 3, from: 1, classes: ["b", "c"] }
    )
    assert.deepStrictEqual([...dataset.data], [3, 4, 5])
    assert.deepStrictEqual(dataset.classes, set.classes)
    assert.strictEqual(dataset.name, "set, 3 of it")
  })

  it("takes numbers for names of classes", async () => {
    const digits = labelled([0, 1, 2], ["7", "8", "9"])
    const { dataset } = await runStage(subset, { dataset: digits }, { classes: [9, 7] })
    assert.deepStrictEqual([...dataset.data], [0, 2])
  })

  it("says beforehand how many there will be, and when there are too few", async () => {
    const known = { dims: { N: 8 }, attributes: {}, connected: {} }
    const bound = (params: object) => subset.bind?.(decodeParams(subset, params), known)
    assert.deepStrictEqual(bound({ from: 3 }), { M: 5 })
    assert.deepStrictEqual(bound({ count: 4, balanced: true }), { M: 4 })
    assert.deepStrictEqual(bound({ balanced: true }), {})
    assert.strictEqual(
      checkStage(subset, { count: 6, from: 3 }, known)[0]?.message,
      "6 images are asked for, but there are 5"
    )
    assert.strictEqual(
      checkStage(subset, { balanced: true }, { dims: { K: 0 } })[0]?.message,
      "the images have no classes"
    )
    const few = await problemOf(
      running(() => runStage(subset, { dataset: set }, { count: 9, balanced: true }))
    )
    assert.strictEqual(few.message, "9 images are asked for, but there are 6")
    const unknown = await problemOf(
      running(() => runStage(subset, { dataset: set }, { classes: ["d"] }))
    )
    assert.strictEqual(unknown.message, "set has no class d")
  })
})

describe("dataset/statistics", () => {
  it("gives numbers and mean images", async () => {
    const { means, metrics } = await runStage(statistics, { dataset: labelled([0, 2, 2]) })
    assert.deepStrictEqual(means.labels, ["all", "a", "c"])
    assert.closeTo(means.data[0]!, 1 / 255, 1e-7)
    assert.deepStrictEqual(
      metrics.series.map((row) => [row["class"], row["images"]]),
      [
        ["a", 1],
        ["c", 2]
      ]
    )
    assert.closeTo(metrics.scalars["errorOfClassMeans"]!, 0.5 / 255 ** 2 / 3, 1e-9)
  })

  it("does without classes", async () => {
    const { means, metrics } = await runStage(statistics, { dataset: unlabelled(3) })
    assert.deepStrictEqual(means.labels, ["all"])
    assert.notProperty(metrics.scalars, "errorOfClassMeans")
    assert.deepStrictEqual(
      statistics.bind?.({}, { dims: { K: 0 }, attributes: {}, connected: {} }),
      { M: 1 }
    )
  })
})

describe("dataset/images", () => {
  const levels = async (params: object, dataset = set) => {
    const { images: found } = await runStage(images, { dataset }, params)
    return { levels: [...found.data].map((x) => Math.round(x * 255)), labels: found.labels }
  }

  it("takes the first images, some of each class, or some places", async () => {
    assert.deepStrictEqual(await levels({ count: 4 }), {
      levels: [0, 1, 2, 3],
      labels: ["a", "a", "a", "b"]
    })
    assert.deepStrictEqual((await levels({ count: 2, classes: ["c"] })).levels, [4, 6])
    assert.deepStrictEqual((await levels({ perClass: 2 })).levels, [0, 1, 3, 5, 4, 6])
    assert.deepStrictEqual(
      (await levels({ perClass: 1, from: 5, classes: ["c", "b"] })).levels,
      [5, 6]
    )
    assert.deepStrictEqual((await levels({ places: [7, 0, 7] })).levels, [7, 0, 7])
    assert.isUndefined((await levels({ count: 1 }, unlabelled(2))).labels)
  })

  it("has the numbers of the data set's range", async () => {
    const { images: found } = await runStage(
      images,
      { dataset: { ...set, range: "[-1,1]" } },
      { count: 1 }
    )
    assert.deepStrictEqual([found.range, found.data[0]], ["[-1,1]", -1])
  })

  it("says beforehand how many there will be", () => {
    const known = { dims: { K: 3 }, attributes: {}, connected: {} }
    const bound = (params: object) => images.bind?.(decodeParams(images, params), known)
    assert.deepStrictEqual(bound({}), { M: 10 })
    assert.deepStrictEqual(bound({ perClass: 2 }), { M: 6 })
    assert.deepStrictEqual(bound({ perClass: 2, classes: ["a"] }), { M: 2 })
    assert.deepStrictEqual(bound({ places: [1, 2] }), { M: 2 })
  })

  it("says what cannot be", async () => {
    const issue = (params: object, dims = {}) => checkStage(images, params, { dims })[0]?.message
    assert.strictEqual(issue({ count: 1, perClass: 1 }), "count and perClass are both given")
    assert.strictEqual(
      issue({ places: [1], from: 2 }),
      "with places, `from` and `classes` have nothing to say"
    )
    assert.strictEqual(issue({ places: [9] }, { N: 8 }), "there is no image 9 among 8")
    assert.strictEqual(issue({}, { N: 8 }), "10 images are asked for, but there are 8")
    assert.strictEqual(issue({ perClass: 1 }, { K: 0 }), "the images have no classes")
    for (const [params, message] of [
      [{}, "10 images are asked for, but there are 8"],
      [{ places: [8] }, "there is no image 8 among 8"],
      [{ perClass: 3 }, "class c: 3 images are asked for, but there are 2"]
    ] as const) {
      const problem = await problemOf(running(() => runStage(images, { dataset: set }, params)))
      assert.strictEqual(problem.message, message)
    }
  })
})

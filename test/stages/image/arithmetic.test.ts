import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Images } from "../../../src/values/values.ts"
import average from "../../../stages/image/average.ts"
import difference from "../../../stages/image/difference.ts"
import apply from "../../../stages/mask/apply.ts"
import { checkStage, runStage } from "../../support/run-stage.ts"
import { imagesOf, ramp, rowsOf } from "../images.ts"

const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => assert.fail("it worked"),
    (error: unknown) => {
      assert.instanceOf(error, UserError)
      return error.message
    }
  )

describe("image/average", () => {
  const inputs = {
    images: [
      { label: "a", value: imagesOf([[[0, 1]]]) },
      { label: "b", value: imagesOf([[[1, -1]]]) }
    ]
  }

  it("weights inputs equally when nothing is said", async () => {
    assert.deepStrictEqual(rowsOf((await runStage(average, inputs)).images), [[[0.5, 0]]])
  })

  it("divides the weights by their sum", async () => {
    const { images } = await runStage(average, inputs, { weights: [3, 1] })
    assert.deepStrictEqual(rowsOf(images), [[[0.25, 0.5]]])
  })

  it("refuses weights that do not go round, or have no mean", async () => {
    assert.match(
      await failure(runStage(average, inputs, { weights: [1] })),
      /1 weights for 2 inputs/
    )
    assert.strictEqual(checkStage(average, { weights: [1, -1] }).length, 1)
  })
})

describe("image/difference", () => {
  const black = imagesOf([[[-1, -1, 0]]], { labels: ["t=1"] })
  const white = imagesOf([[[1, -1, 0.5]]])
  const of = async (a: Images, b: Images, params: object = {}) =>
    rowsOf((await runStage(difference, { a, b }, params)).images)

  it("is a - b", async () => {
    assert.deepStrictEqual(await of(black, white), [[[-2, 0, -0.5]]])
    assert.deepStrictEqual(await of(black, white, { absolute: true }), [[[2, 0, 0.5]]])
    assert.deepStrictEqual(await of(black, white, { gain: 2 }), [[[-4, 0, -1]]])
  })

  it("is moved into the range to be looked at", async () => {
    assert.deepStrictEqual(await of(white, black, { view: true }), [[[1, 0, 0.25]]])
    assert.deepStrictEqual(await of(white, black, { view: true, absolute: true }), [
      [[1, -1, -0.5]]
    ])
    const dark = imagesOf([[[0, 0]]], { range: "[0,1]" })
    const light = imagesOf([[[1, 0]]], { range: "[0,1]" })
    assert.deepStrictEqual(await of(dark, light, { view: true }), [[[0, 0.5]]])
    assert.deepStrictEqual(await of(dark, light, { view: true, absolute: true }), [[[1, 0]]])
  })

  it("compares many with one, and keeps their labels", async () => {
    const many = imagesOf([[[1]], [[0.5]]], { labels: ["t=1", "t=2"] })
    const one = imagesOf([[[0.5]]])
    const { images } = await runStage(difference, { a: many, b: one })
    assert.deepStrictEqual(rowsOf(images), [[[0.5]], [[0]]])
    assert.deepStrictEqual(images.labels, ["t=1", "t=2"])
    assert.deepStrictEqual((await runStage(difference, { a: one, b: many })).images.labels, [
      "t=1",
      "t=2"
    ])
  })

  it("refuses batches that do not go together, before and during the run", async () => {
    const issues = (N?: number, M?: number) =>
      checkStage(difference, {}, { dims: { N, M } }).map(({ message }) => message)
    assert.deepStrictEqual(issues(2, 3), ["a batch of 2 images does not go with a batch of 3"])
    assert.deepStrictEqual([issues(2, 2), issues(1, 3), issues(3, 1), issues(3)].flat(), [])
    const [a, b] = [ramp([2, 1, 1, 1]), ramp([3, 1, 1, 1])]
    assert.match(await failure(runStage(difference, { a, b })), /a batch of 2 images/)
  })

  it("knows the size of the result where it is certain", () => {
    const bound = (N?: number, M?: number) =>
      difference.bind?.(
        { absolute: false, view: false, gain: 1 },
        { dims: { N, M }, attributes: {}, connected: {} }
      )
    assert.deepStrictEqual(
      [bound(1, 3), bound(3, 1), bound(3), bound(undefined, 4), bound(1), bound()],
      [{ K: 3 }, { K: 3 }, { K: 3 }, { K: 4 }, {}, {}]
    )
  })
})

describe("mask/apply", () => {
  it("is a where the mask is 1, b where it is 0, and a mixture between", async () => {
    const mask = { type: "Mask", shape: [1, 3], data: Float32Array.of(1, 0, 0.25) } as const
    const { images } = await runStage(apply, {
      mask,
      a: imagesOf([[[8, 8, 8]]]),
      b: imagesOf([[[4, 4, 4]], [[0, 0, 0]]], { labels: ["x", "y"] })
    })
    assert.deepStrictEqual(rowsOf(images), [[[8, 4, 5]], [[8, 0, 2]]])
    assert.deepStrictEqual(images.labels, ["x", "y"])
  })

  it("gives a mask's pixel to all channels", async () => {
    const mask = { type: "Mask", shape: [2, 1], data: Float32Array.of(1, 0) } as const
    const [a, b] = [ramp([1, 2, 1, 3]), { ...ramp([1, 2, 1, 3]), data: new Float32Array(6) }]
    const { images } = await runStage(apply, { mask, a, b })
    assert.deepStrictEqual([...images.data], [...a.data.subarray(0, 3), 0, 0, 0])
  })
})

it("arithmetic leaves no tensor behind", async () => {
  const image = ramp([1, 2, 2, 1])
  const run = async () => {
    await runStage(average, { images: [{ label: "a", value: image }] })
    await runStage(difference, { a: image, b: image }, { view: true, absolute: true })
    await runStage(apply, {
      mask: { type: "Mask", shape: [2, 2], data: new Float32Array(4) },
      a: image,
      b: image
    })
  }
  await run()
  const before = tf.memory().numTensors
  await run()
  assert.strictEqual(tf.memory().numTensors, before)
})

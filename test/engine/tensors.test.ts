import { assert, describe, it } from "vitest"
import { compute, computeAll, imageAt, imageByImage, toTensor } from "../../src/engine/tensors.ts"
import { tf } from "../../src/engine/tf.ts"

const images = { shape: [2, 1, 2, 1] as const, data: Float32Array.of(1, 2, 3, 4) }
const silent = { progress: () => {}, signal: new AbortController().signal }

describe("compute", () => {
  it("returns numbers and leaves no tensor behind", () => {
    const before = tf.memory().numTensors
    assert.deepStrictEqual([...compute(() => toTensor(images).mul(2).add(1))], [3, 5, 7, 9])
    assert.strictEqual(tf.memory().numTensors, before)
  })

  it("frees tensors also when the body throws", () => {
    const before = tf.memory().numTensors
    assert.throws(() => compute(() => toTensor(images).matMul(tf.zeros([5, 5]))))
    assert.strictEqual(tf.memory().numTensors, before)
  })

  it("returns several results of one computation", () => {
    const [sum, difference] = computeAll(() => {
      const x = toTensor(images)
      return [x.add(x), x.sub(x)]
    })
    assert.deepStrictEqual([...sum!, ...difference!], [2, 4, 6, 8, 0, 0, 0, 0])
  })

  it("refuses whole numbers, whose array would not be a pixel array", () => {
    assert.throws(() => compute(() => tf.scalar(1, "int32")), /float32/)
  })
})

describe("imageAt", () => {
  it("is a batch of one that shares the memory", () => {
    const second = imageAt(images, 1)
    assert.deepStrictEqual(second.shape, [1, 1, 2, 1])
    assert.deepStrictEqual([...second.data], [3, 4])
    assert.strictEqual(second.data.buffer, images.data.buffer)
  })
})

describe("imageByImage", () => {
  it("visits every image and reports each", async () => {
    const visited: Array<number> = []
    const reported: Array<unknown> = []
    const progress = (...now: ReadonlyArray<unknown>) => reported.push(now)
    await imageByImage(2, { ...silent, progress }, (index) => visited.push(index))
    assert.deepStrictEqual(visited, [0, 1])
    assert.deepStrictEqual(reported, [
      [1, 2, "images"],
      [2, 2, "images"]
    ])
  })

  it("stops at the image during which it was interrupted", async () => {
    const controller = new AbortController()
    const visited: Array<number> = []
    const reason = await imageByImage(5, { ...silent, signal: controller.signal }, (index) => {
      visited.push(index)
      if (index === 1) controller.abort("stop")
    }).catch((reason: unknown) => reason)
    assert.strictEqual(reason, "stop")
    assert.deepStrictEqual(visited, [0, 1])
  })
})

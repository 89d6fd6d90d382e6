import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { normal, normals } from "../../../src/engine/random/streams.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { stateOf, unetOf } from "../../../src/models/model-value.ts"
import type { Model } from "../../../src/values/values.ts"
import flow from "../../../stages/sample/flow.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"
import { imageSize, modelsOf, unetModel } from "./models.ts"

const size = imageSize * imageSize
const velocity = { prediction: "velocity" } as const
const withClasses = unetModel({ classes: 3 }, velocity)
const timeOnly = unetModel({ time: "add" }, velocity)

const sample = (model: Model | ReturnType<typeof modelsOf>, params: object) =>
  runStage(flow, { model: model.type === "Model" ? modelsOf(model) : model }, params)
const imagesOf = async (model: Model, params: object) => (await sample(model, params)).images.data
const failureOf = async (model: Model, params: object) => {
  const failure = await sample(model, params).catch((error: unknown) => error)
  assert.instanceOf(failure, UserError)
  return failure.message
}

/** What the network says of the noise of samples 0 and 1 at time 0, with and without its class. */
const direct = (model: Model, classes: readonly [number, number]) => {
  const noise = normals(180, "sample noise", size, [0, 1])
  const [conditional, unconditional] = computeAll(() => {
    const [network, state] = [unetOf(model), stateOf(model)]
    const x = tf.tensor4d(noise, [2, imageSize, imageSize, 1])
    return [tf.oneHot(tf.tensor1d([...classes], "int32"), 3), tf.zeros([2, 3])].map(
      (rows) =>
        network.forward(state, x, {
          time: tf.zeros([2]),
          classes: tf.cast(rows, "float32") as never,
          training: false
        }).output
    )
  })
  return { noise, conditional: conditional!, unconditional: unconditional! }
}

describe("sample/flow", () => {
  it("adds the velocity at the noise, in one step of Euler", async () => {
    const { conditional, noise } = direct(withClasses, [2, 0])
    const { images } = await sample(withClasses, {
      classes: [2, 0],
      perClass: 1,
      steps: 1,
      seed: 180
    })
    assert.deepStrictEqual(images.shape, [2, imageSize, imageSize, 1])
    assert.deepStrictEqual(images.labels, ["2", "0"])
    images.data.forEach((value, i) => assert.closeTo(value, noise[i]! + conditional[i]!, 1e-6))
  })

  it("guides as both conventions say", async () => {
    const { conditional, noise, unconditional } = direct(withClasses, [2, 0])
    const asked = { classes: [2, 0], perClass: 1, steps: 1, seed: 180 }
    const gamma = await imagesOf(withClasses, { ...asked, guidance: 5 })
    gamma.forEach((value, i) => {
      const u = unconditional[i]! + 5 * (conditional[i]! - unconditional[i]!)
      assert.closeTo(value, noise[i]! + u, 1e-5)
    })
    const w = await imagesOf(withClasses, { ...asked, guidance: { scale: 4, convention: "w" } })
    assert.deepStrictEqual(w, gamma)
  })

  it("is conditional at γ = 1 and unconditional at γ = 0, bit by bit", async () => {
    const asked = { classes: [1], perClass: 3, steps: 3 }
    const conditional = await imagesOf(withClasses, asked)
    assert.deepStrictEqual(await imagesOf(withClasses, { ...asked, guidance: 1 }), conditional)
    const w = { scale: 0, convention: "w" }
    assert.deepStrictEqual(await imagesOf(withClasses, { ...asked, guidance: w }), conditional)
    assert.deepStrictEqual(
      await imagesOf(withClasses, { ...asked, guidance: 0 }),
      await imagesOf(withClasses, { count: 3, steps: 3 })
    )
    // The same formula from both halves, but for rounding.
    const nearly = await imagesOf(withClasses, { ...asked, guidance: 1 + 2 ** -23 })
    nearly.forEach((value, i) => assert.closeTo(value, conditional[i]!, 1e-4))
  })

  it.each(["euler", "heun", "midpoint"])(
    "gives sample k the same bits alone and among others, with %s",
    async (solver) => {
      const asked = { classes: [1], steps: 2, guidance: 5, seed: 7, solver }
      const many = await imagesOf(withClasses, { ...asked, perClass: 9 })
      for (const [perClass, batchSize] of [
        [1, 64],
        [2, 64],
        [9, 2],
        [9, 5]
      ] as const) {
        const some = await imagesOf(withClasses, { ...asked, perClass, batchSize })
        assert.deepStrictEqual(some, many.slice(0, perClass * size), `${perClass} by ${batchSize}`)
      }
    }
  )

  it("starts every checkpoint from the same noise and labels them", async () => {
    const models = modelsOf(...[1, 2, 3].map((seed) => unetModel({ classes: 3, seed }, velocity)))
    const asked = { classes: [0, 2], perClass: 1, steps: 2 }
    const { classes, images, trajectory } = await sample(models, { ...asked, checkpoints: [3, 1] })
    assert.deepStrictEqual(images.labels, [
      "epoch 3 · 0",
      "epoch 3 · 2",
      "epoch 1 · 0",
      "epoch 1 · 2"
    ])
    assert.deepStrictEqual([...classes.data], [0, 2, 0, 2])
    const alone = await imagesOf(models.models[2]!.model, asked)
    assert.deepStrictEqual(images.data.slice(0, 2 * size), alone)
    assert.deepStrictEqual(
      trajectory.data.slice(0, size),
      trajectory.data.slice(4 * size, 5 * size)
    )
    assert.notDeepEqual(images.data.slice(0, size), images.data.slice(2 * size, 3 * size))
  })

  it("keeps evenly spread states of each sample", async () => {
    const { images, trajectory } = await sample(timeOnly, {
      count: 2,
      steps: 4,
      frames: 3,
      seed: 5
    })
    assert.deepStrictEqual(trajectory.shape, [6, imageSize, imageSize, 1])
    assert.deepStrictEqual(trajectory.labels, ["t=0", "t=0.5", "t=1", "t=0", "t=0.5", "t=1"])
    assert.isUndefined(images.labels)
    for (const k of [0, 1]) {
      const state = (frame: number) =>
        trajectory.data.slice((3 * k + frame) * size, (3 * k + frame + 1) * size)
      assert.deepStrictEqual(state(0), normal(5, "sample noise", size, k))
      assert.deepStrictEqual(state(2), images.data.slice(k * size, (k + 1) * size))
    }
  })

  it("gives no class as -1, and all classes on request", async () => {
    const none = await sample(timeOnly, { count: 2, steps: 1 })
    assert.deepStrictEqual([...none.classes.data], [-1, -1])
    const all = await sample(withClasses, { classes: "all", perClass: 2, steps: 1 })
    assert.deepStrictEqual([...all.classes.data], [0, 0, 1, 1, 2, 2])
    const unasked = await sample(withClasses, { count: 1, steps: 1 })
    assert.strictEqual(unasked.images.shape[0], 1)
  })

  it("says how many images there will be", () => {
    const bind = (params: object, dims: object) =>
      flow.bind!(decodeParams(flow, params), {
        dims: { ...dims },
        attributes: {},
        connected: {}
      })
    assert.deepStrictEqual(bind({}, { M: 1 }), { N: 16, F: 32 })
    assert.deepStrictEqual(bind({ classes: "all", frames: 5 }, { M: 3, K: 10 }), { N: 120, F: 600 })
    assert.deepStrictEqual(bind({ classes: "all" }, { M: 3 }), {})
    assert.deepStrictEqual(bind({ checkpoints: [1, 5], count: 2 }, {}), { N: 4, F: 8 })
    assert.deepStrictEqual(bind({ checkpoints: ["last"], count: 2 }, { M: 3 }), {})
  })

  it("finds parameters that do not fit, before the model is there and after", async () => {
    const first = (params: object, K?: number) =>
      checkStage(flow, params, { dims: { K } })[0]?.message
    assert.isUndefined(first({ classes: [2], guidance: 5 }, 3))
    assert.isUndefined(first({ classes: [12], guidance: 5 }))
    const wrong: ReadonlyArray<readonly [object, Model, string]> = [
      [{ classes: [0] }, timeOnly, "not trained with classes"],
      [{ classes: [3] }, withClasses, "there is no class 3"],
      [{ classes: [0], count: 3 }, withClasses, "count is for samples without classes"],
      [{ perClass: 3 }, withClasses, "perClass needs classes"],
      [{ guidance: 3 }, withClasses, "guidance needs classes"],
      [{ frames: 4, steps: 2 }, withClasses, "4 frames are more than the 3 states"]
    ]
    for (const [params, model, message] of wrong) {
      assert.include(first(params, model.architecture.classes), message)
      assert.include(await failureOf(model, params), message)
    }
  })

  it("says what is wrong with a model", async () => {
    const asked = { count: 1, steps: 1 }
    assert.include(
      await failureOf(unetModel({ time: "none" }), asked),
      "the model is not told the time"
    )
    const name = "output.weight"
    const { data, shape } = timeOnly.weights[name]!
    const withWeight = (value: number): Model => ({
      ...timeOnly,
      weights: {
        ...timeOnly.weights,
        [name]: { shape, data: (data as Float32Array).map(() => value) }
      }
    })
    assert.include(await failureOf(withWeight(Number.NaN), asked), name)
    assert.include(
      await failureOf(withWeight(3e38), { count: 1, steps: 4 }),
      "sample 0 is not finite"
    )
  })

  it("stops when the user does, and leaves no tensor behind", async () => {
    await sample(timeOnly, { count: 1, steps: 1 })
    const before = tf.memory().numTensors
    await sample(withClasses, { classes: [1], guidance: 3, perClass: 3, batchSize: 2, steps: 2 })
    const controller = new AbortController()
    const done: Array<string> = []
    const stopped = await runStage(
      flow,
      { model: modelsOf(timeOnly) },
      { count: 3, batchSize: 2, steps: 5 },
      {
        signal: controller.signal,
        progress: (at, total, unit) => {
          done.push(`${at}/${total} ${unit}`)
          if (at === 6) controller.abort()
        }
      }
    ).catch((error: unknown) => (error as Error).name)
    assert.strictEqual(stopped, "AbortError")
    assert.deepStrictEqual(done.slice(-2), ["5/10 steps", "6/10 steps"])
    assert.strictEqual(tf.memory().numTensors, before)
  })
})

import { assert, describe, it } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { tf } from "../../src/engine/tf.ts"
import {
  classifierOf,
  freshModel,
  modelOf,
  networkOf,
  stateOf,
  unetOf
} from "../../src/models/model-value.ts"
import { batchesTracked } from "../../src/models/state-dict.ts"
import { digits } from "../../src/models/unet/config.ts"
import type { Model } from "../../src/values/values.ts"

const unet = { kind: "unet", ...digits, imageSize: 8, channels: 2, time: "add" } as const
const classifier = {
  kind: "classifier",
  channels: 2,
  imageSize: 8,
  imageChannels: 1,
  classes: 3
} as const

describe.each([unet, classifier])("a model of a $kind", (architecture) => {
  const model = freshModel(architecture, "[0,1]", 3)

  it("is of its architecture, untrained", () => {
    const { weights, ...rest } = model
    assert.deepStrictEqual(rest, { type: "Model", architecture, range: "[0,1]" })
    assert.strictEqual(batchesTracked(weights), 0)
    assert.deepStrictEqual(networkOf(model).architecture, architecture)
  })
  it("is the same for the same seed, and another for another", () => {
    assert.deepStrictEqual(freshModel(architecture, "[0,1]", 3), model)
    assert.notDeepEqual(freshModel(architecture, "[0,1]", 4), model)
  })
  it("gives tensors and takes them back without a bit changed", () => {
    const state = stateOf(model)
    const names = networkOf(model).parameters.map(({ name }) => name)
    assert.deepStrictEqual(Object.keys(state), names)
    // Computed by the engine, so that it is not the same memory that comes back.
    const computed = Object.fromEntries(
      Object.entries(state).map(([name, tensor]) => [name, tf.mul(tensor, 1)])
    )
    const returned = modelOf(model, computed, 12)
    assert.strictEqual(batchesTracked(returned.weights), 12)
    assert.deepStrictEqual(Object.keys(returned.weights), Object.keys(model.weights))
    assert.deepStrictEqual(modelOf(model, stateOf(returned), 0), model)
  })
  it("gives tensors of its own", () => {
    const before = structuredClone(model)
    const bias = stateOf(model)[architecture.kind === "unet" ? "output.bias" : "logits.bias"]!
    bias.dataSync().fill(7)
    assert.deepStrictEqual(model, before)
  })
})

describe("a model", () => {
  const model = freshModel(unet, "[-1,1]", 0)

  it("keeps what training made of it, or is told anew", () => {
    const schedule = { kind: "linear", betas: [0.1], alphaBar: [0.9] }
    const noise = modelOf(model, stateOf(model), 1, { prediction: "epsilon", schedule })
    assert.strictEqual(noise.range, "[-1,1]")
    const again = modelOf(noise, stateOf(noise), 2)
    assert.deepStrictEqual([again.prediction, again.schedule], ["epsilon", schedule])
    const flow = modelOf(noise, stateOf(noise), 2, { prediction: "velocity" })
    assert.deepStrictEqual([flow.prediction, "schedule" in flow], ["velocity", false])
  })
  it("is taken for the network that it is", () => {
    const judge = freshModel(classifier, "[0,1]", 0)
    assert.strictEqual(unetOf(model).config.channels, 2)
    assert.strictEqual(classifierOf(judge).config.classes, 3)
    assert.throws(() => unetOf(judge), UserError, "a classifier where a U-Net is needed")
    assert.throws(() => classifierOf(model), UserError, "a U-Net where a classifier is needed")
  })
  it("with wrong or spoilt weights has no state", () => {
    const wider: Model = { ...model, architecture: { ...unet, channels: 4 } }
    assert.throws(() => stateOf(wider), UserError, "enter.conv1.conv.weight is [2,1,3,3] where")
    const nan = { shape: [1], data: Float32Array.of(Number.NaN) }
    const spoilt: Model = { ...model, weights: { ...model.weights, "output.bias": nan } }
    assert.throws(() => stateOf(spoilt), UserError, "output.bias holds nothing but NaN")
  })
})

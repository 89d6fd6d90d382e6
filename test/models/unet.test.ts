/** The U-Net against PyTorch modules of the same weights (test/parity/unet_reference.py). */
import { assert, describe, it } from "vitest"
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { UserError } from "../../src/base/user-error.ts"
import { tf } from "../../src/engine/tf.ts"
import { initialise } from "../../src/models/initialise.ts"
import { parameterCount } from "../../src/models/parameters.ts"
import { toStateDict, torchShape, valuesOf } from "../../src/models/state-dict.ts"
import { digits, type UNetConfig } from "../../src/models/unet/config.ts"
import { unet } from "../../src/models/unet/unet.ts"
import { flowMatchingLoss } from "../../src/training/flow-matching.ts"
import { lossAndGradients } from "../../src/training/training-step.ts"
import { assertAllNear, assertNear, readReference } from "./reference.ts"

const read = (name: string) => {
  const reference = readReference(`unet/${name}`)
  const config = JSON.parse(reference.metadata["config"]!) as UNetConfig
  const network = unet(config)
  const state = reference.state("before", network.parameters)
  const [x0, x1] = [reference.tensor("x0") as Tensor4D, reference.tensor("x1") as Tensor4D]
  const time = reference.tensor("time") as Tensor1D
  const classes = config.classes === 0 ? {} : { classes: reference.tensor("classes") as Tensor2D }
  const conditions = { ...(config.time === "none" ? {} : { time }), ...classes }
  const xt = tf.add<Tensor4D>(x0, tf.mul(tf.sub(x1, x0), tf.reshape(time, [-1, 1, 1, 1])))
  return { reference, network, state, xt, conditions, batch: { x0, x1, time, ...classes } }
}

describe.each(["plain", "multiply", "add", "classes"])("the U-Net %s", (name) => {
  const { batch, conditions, network, reference, state, xt } = read(name)

  it("has the tensors of the PyTorch modules, in their order and shapes", () => {
    const expected = [...reference.shapes].filter(([key]) => key.startsWith("before/"))
    const got = Object.entries(toStateDict(network.parameters, valuesOf(state), 7))
    assert.deepStrictEqual(
      Object.fromEntries(got.map(([key, { shape }]) => [`before/${key}`, shape])),
      Object.fromEntries(expected.map(([key, shape]) => [key, [...shape]]))
    )
    const order = network.parameters.map((parameter) => parameter.name)
    assert.deepStrictEqual(Object.keys(state), order)
  })
  it("computes what PyTorch does with the running statistics", () => {
    const { output, statistics } = network.forward(state, xt, { ...conditions, training: false })
    assertNear(output, reference.tensor("evaluated"), 1e-5)
    assert.deepStrictEqual(statistics, {})
  })
  it("computes what PyTorch does with the batch's statistics", () => {
    const { output } = network.forward(state, xt, { ...conditions, training: true })
    assertNear(output, reference.tensor("trained"), 1e-5)
  })
  it("has PyTorch's loss, gradients and new running statistics", () => {
    const computed = lossAndGradients(network.parameters, state, (state) =>
      flowMatchingLoss(network, state, batch)
    )
    assert.closeTo(computed.loss.dataSync()[0]!, reference.tensor("losses").dataSync()[0]!, 1e-5)
    // Only what has a gradient, so that all of it is compared.
    const trained = network.parameters.filter(({ role }) => role === "trained")
    const expected = reference.state("gradient", trained)
    assertAllNear(computed.gradients, expected, 1e-4)
    // The last network's file holds the statistics after two steps.
    if (name === "classes") return
    assertAllNear(computed.statistics, reference.below("after"), 1e-5)
  })
  it("leaves no tensor behind but its results", () => {
    const before = tf.memory().numTensors
    const { output, statistics } = network.forward(state, xt, { ...conditions, training: true })
    assert.strictEqual(tf.memory().numTensors, before + 1 + Object.keys(statistics).length)
    tf.dispose([output, ...Object.values(statistics)])
    assert.strictEqual(tf.memory().numTensors, before)
  })
})

describe("the U-Net for digits", () => {
  it.each([
    ["unconditional, D = 128", { channels: 128 }, 7_891_073],
    ["unconditional, D = 64", { channels: 64 }, 1_975_361],
    ["with a time that multiplies", { channels: 64, time: "multiply" }, 1_996_417],
    ["with a time that is added", { channels: 64, time: "add" }, 1_996_417],
    ["with time and class", { channels: 64, time: "add", classes: 10 }, 2_019_201]
  ] as const)("%s, has as many parameters as published", (_, settings, count) => {
    assert.strictEqual(parameterCount(unet({ ...digits, ...settings }).parameters), count)
  })
  it("takes and gives 28x28 grey images", () => {
    const network = unet({ ...digits, channels: 1 })
    const x: Tensor4D = tf.zeros([1, 28, 28, 1])
    const { output } = network.forward(initialise(network.parameters, 1), x, { training: false })
    assert.deepStrictEqual(output.shape, [1, 28, 28, 1])
  })
  it("refuses settings that make no network, saying what would", () => {
    assert.throws(() => unet({ ...digits, channels: 0 }), UserError, "channels is 0")
    assert.throws(() => unet({ ...digits, channels: 4, imageSize: 30 }), UserError, "30 pixels")
  })
  it("refuses inputs that do not fit it", () => {
    const network = unet({ ...digits, channels: 1, time: "add" })
    const state = initialise(network.parameters, 1)
    const x: Tensor4D = tf.zeros([2, 28, 28, 1])
    assert.throws(
      () => network.forward(state, x, { training: false }),
      RangeError,
      "the U-Net's time should be [2], got nothing"
    )
    const classes: Tensor2D = tf.zeros([2, 10])
    const time: Tensor1D = tf.zeros([2])
    assert.throws(
      () => network.forward(state, x, { time, classes, training: false }),
      RangeError,
      "the U-Net's classes should be nothing, got [2,10]"
    )
    assert.throws(
      () => network.forward({}, x, { time, training: false }),
      RangeError,
      "enter.conv1.conv.weight"
    )
  })
  it("refuses to normalise by one value", () => {
    const network = unet({ ...digits, imageSize: 4, channels: 1 })
    const state = initialise(network.parameters, 1)
    const x: Tensor4D = tf.zeros([1, 4, 4, 1])
    assert.throws(() => network.forward(state, x, { training: true }), RangeError, "one value")
  })
})

describe("initial weights", () => {
  const { parameters } = unet({ ...digits, imageSize: 12, channels: 8, time: "add" })

  it("are the same for the same seed and others for another", () => {
    const values = (seed: number) =>
      Object.values(initialise(parameters, seed)).map((tensor) => tensor.dataSync())
    assert.deepStrictEqual(values(1), values(1))
    assert.notDeepEqual(values(1), values(2))
  })
  it("fill PyTorch's interval, ±1/√(fan in), and no more", () => {
    const state = initialise(parameters, 3)
    const filled = parameters.filter(({ layout, start }) => layout === "filter" && "bound" in start)
    assert.isAbove(filled.length, 10)
    for (const parameter of filled) {
      const [, fan, ...kernel] = torchShape(parameter)
      const bound = 1 / Math.sqrt(fan! * kernel.reduce((a, b) => a * b, 1))
      const values = state[parameter.name]!.dataSync<"float32">()
      const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
      assert.isAtMost(largest, Math.fround(bound), parameter.name)
      // The largest of n draws misses the bound by a tenth with a probability of 0.9^n, here below 6e-4.
      assert.isAbove(largest, bound * 0.9, parameter.name)
    }
  })
  it("normalise nothing away at first: scales 1, shifts 0, running statistics 0 and 1", () => {
    const state = initialise(parameters, 1)
    const constants = ["weight", "bias", "running_mean", "running_var"].map((part) =>
      [...new Set(state[`up1.up.norm.${part}`]!.dataSync())].join()
    )
    assert.deepStrictEqual(constants, ["1", "0", "0", "1"])
  })
})

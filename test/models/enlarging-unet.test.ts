/** The U-Net that enlarges against PyTorch modules of the same weights (test/parity/unet_reference.py). */
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { tf } from "../../src/engine/tf.ts"
import { initialise } from "../../src/models/initialise.ts"
import { freshModel, unetOf } from "../../src/models/model-value.ts"
import { parameterCount } from "../../src/models/parameters.ts"
import { atFullSize, shrunk } from "../../src/models/small-images.ts"
import { toStateDict, valuesOf } from "../../src/models/state-dict.ts"
import { digits, type UNetConfig } from "../../src/models/unet/config.ts"
import { unet } from "../../src/models/unet/unet.ts"
import { ddpm } from "../../src/training/objectives/ddpm.ts"
import { lossAndGradients } from "../../src/training/training-step.ts"
import { assertAllNear, assertNear, readReference } from "./reference.ts"

const reference = readReference("unet/enlarging")
const config = JSON.parse(reference.metadata["config"]!) as UNetConfig
const network = unet(config)
const state = reference.state("before", network.parameters)
const names = [
  "images",
  "noise",
  "signal",
  "deviation",
  "time",
  "smallNoise",
  "smallSignal",
  "smallDeviation",
  "noiseLevel",
  "classes"
]
const inputs = Object.fromEntries(names.map((name) => [name, reference.tensor(name)]))

describe("the U-Net that enlarges", () => {
  it("has the tensors of the PyTorch modules, in their order and shapes", () => {
    const expected = [...reference.shapes].filter(([key]) => key.startsWith("before/"))
    const got = Object.entries(toStateDict(network.parameters, valuesOf(state), 7))
    assert.deepStrictEqual(
      Object.fromEntries(got.map(([key, { shape }]) => [`before/${key}`, shape])),
      Object.fromEntries(expected.map(([key, shape]) => [key, [...shape]]))
    )
  })
  it("is shown small images as PyTorch makes them", () => {
    const large = atFullSize(shrunk(inputs["images"] as Tensor4D, config.enlarges!), [12, 12])
    const noisy = tf.add(
      tf.mul(large, inputs["smallSignal"]!),
      tf.mul(inputs["smallNoise"]!, inputs["smallDeviation"]!)
    )
    assertNear(noisy, reference.tensor("small"), 1e-6)
  })
  it("computes what PyTorch does with the running statistics", () => {
    const { output } = network.forward(state, reference.tensor("xt") as Tensor4D, {
      time: inputs["time"] as Tensor1D,
      classes: inputs["classes"] as Tensor2D,
      small: {
        images: reference.tensor("small") as Tensor4D,
        noiseLevel: inputs["noiseLevel"] as Tensor1D
      },
      training: false
    })
    assertNear(output, reference.tensor("evaluated"), 1e-5)
  })
  it("has PyTorch's loss, gradients and new running statistics", () => {
    const model = freshModel(network.architecture, "[-1,1]", 1)
    const schedule = { kind: "linear", betas: [0.1], alphaBar: [0.9] }
    const objective = ddpm(model, { schedule, unconditional: 0 })
    const computed = lossAndGradients(network.parameters, state, (state) =>
      objective.loss(state, inputs, { training: true })
    )
    assert.closeTo(computed.loss.dataSync()[0]!, reference.tensor("loss").dataSync()[0]!, 1e-5)
    const trained = network.parameters.filter(({ role }) => role === "trained")
    assertAllNear(computed.gradients, reference.state("gradient", trained), 1e-4)
    assertAllNear(computed.statistics, reference.below("after"), 1e-5)
  })
  it("has as many more parameters as its further channels and embeddings", () => {
    const settings = { ...digits, channels: 16, time: "add", classes: 10 } as const
    const count = (more: Partial<UNetConfig>) =>
      parameterCount(unet({ ...settings, ...more }).parameters)
    // A 3x3 convolution of one more channel, and embeddings of one number to 32 and to 16.
    const embeddings = 32 + 32 + 32 * 32 + 32 + (16 + 16 + 16 * 16 + 16)
    assert.strictEqual(count({ enlarges: 4 }) - count({}), 9 * 16 + embeddings)
  })
})

describe("a U-Net that enlarges refuses", () => {
  const settings = { ...digits, channels: 1, time: "add" } as const
  it.each([
    [{ enlarges: 1 }, "enlarges is 1"],
    [{ enlarges: 3 }, "28 pixels a side are not 3 times"],
    [{ enlarges: 2, time: "none" }, "told the time"]
  ] as const)("%o", (more, message) => {
    assert.throws(() => unet({ ...settings, ...more }), UserError, message)
  })
  it("to be asked without small images, and others to be given them", () => {
    const time: Tensor1D = tf.zeros([1])
    const x: Tensor4D = tf.zeros([1, 28, 28, 1])
    const small = { images: x, noiseLevel: time }
    const [with4, without] = [unet({ ...settings, enlarges: 4 }), unet(settings)]
    const start = (network: typeof with4) => initialise(network.parameters, 1)
    assert.throws(
      () => with4.forward(start(with4), x, { time, training: false }),
      RangeError,
      "small images should be [1,28,28,1], got nothing"
    )
    assert.throws(
      () => without.forward(start(without), x, { time, small, training: false }),
      RangeError,
      "small images should be nothing, got [1,28,28,1]"
    )
  })
  it("what shows it no small images", () => {
    const model = freshModel({ kind: "unet", ...settings, enlarges: 4 }, "[-1,1]", 1)
    assert.throws(() => unetOf(model), UserError, "shown none to enlarge")
  })
})

/** The classifier against PyTorch modules of the same weights (test/parity/classifier_reference.py). */
import { assert, describe, it } from "vitest"
import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { UserError } from "../../src/base/user-error.ts"
import { tf } from "../../src/engine/tf.ts"
import { classifier } from "../../src/models/classifier/classifier.ts"
import type { ClassifierConfig } from "../../src/models/classifier/config.ts"
import { initialise } from "../../src/models/initialise.ts"
import { parameterCount } from "../../src/models/parameters.ts"
import { toStateDict, valuesOf } from "../../src/models/state-dict.ts"
import { lossAndGradients } from "../../src/training/training-step.ts"
import { assertAllNear, assertNear, readReference } from "./reference.ts"

const reference = readReference("classifier/small")
const network = classifier(JSON.parse(reference.metadata["config"]!) as ClassifierConfig)
const state = reference.state("before", network.parameters)
const x = reference.tensor("x") as Tensor4D
const digits = { imageSize: 28, imageChannels: 1, classes: 10 }

describe("the classifier", () => {
  it("has the tensors of the PyTorch modules, in their order and shapes", () => {
    assert.deepStrictEqual(
      toStateDict(network.parameters, valuesOf(state), 7),
      reference.weights("before")
    )
  })
  it.each([
    ["running", "evaluated", false],
    ["batch's", "trained", true]
  ] as const)("computes what PyTorch does with the %s statistics", (_, mode, training) => {
    const { features, logits, statistics } = network.forward(state, x, { training })
    assertNear(logits, reference.tensor(`${mode}/logits`), 1e-5)
    assertNear(features, reference.tensor(`${mode}/features`), 1e-5)
    assertAllNear(statistics, training ? reference.below("after") : {}, 1e-5)
  })
  it("has PyTorch's gradients of the cross entropy", () => {
    const labels = reference.tensor("labels") as Tensor2D
    const computed = lossAndGradients(network.parameters, state, (state) => {
      const { logits, statistics } = network.forward(state, x, { training: true })
      return { loss: tf.losses.softmaxCrossEntropy(labels, logits), statistics }
    })
    assert.closeTo(computed.loss.dataSync()[0]!, reference.tensor("loss").dataSync()[0]!, 1e-5)
    const trained = network.parameters.filter(({ role }) => role === "trained")
    assertAllNear(computed.gradients, reference.state("gradient", trained), 1e-4)
  })
  it("leaves no tensor behind but its results", () => {
    const before = tf.memory().numTensors
    const { features, logits, statistics } = network.forward(state, x, { training: true })
    tf.dispose([features, logits, ...Object.values(statistics)])
    assert.strictEqual(tf.memory().numTensors, before)
  })
  it("gives a logit a class and four features a channel, of 28x28 digits", () => {
    const network = classifier({ ...digits, channels: 2 })
    const x: Tensor4D = tf.zeros([3, 28, 28, 1])
    const state = initialise(network.parameters, 1)
    const { features, logits } = network.forward(state, x, { training: false })
    assert.deepStrictEqual(
      [logits.shape, features.shape],
      [
        [3, 10],
        [3, 8]
      ]
    )
  })
  it("is small", () => {
    // By hand: the five convolutions (I·O·9 + O) with two norm parameters an output, and the two dense layers.
    const conv = (i: number, o: number) => i * o * 9 + 3 * o
    const convs = conv(1, 16) + conv(16, 32) + conv(32, 32) + conv(32, 64) + conv(64, 64)
    const count = convs + (64 * 64 + 64) + (64 * 10 + 10)
    assert.strictEqual(parameterCount(classifier({ ...digits, channels: 16 }).parameters), count)
  })
  it("refuses settings and inputs that make no sense", () => {
    assert.throws(() => classifier({ ...digits, channels: 0 }), UserError, "channels is 0")
    assert.throws(
      () => classifier({ ...digits, channels: 1, classes: 1 }),
      UserError,
      "classes is 1"
    )
    assert.throws(
      () => network.forward(state, tf.zeros([2, 8, 8, 2]), { training: false }),
      RangeError,
      "should be [2,10,10,2], got [2,8,8,2]"
    )
  })
})

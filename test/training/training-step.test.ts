/** Two steps of training a U-Net against PyTorch's (test/parity/unet_reference.py). */
import { assert, describe, it, vi } from "vitest"
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import type { UNetConfig } from "../../src/models/unet/config.ts"
import { unet } from "../../src/models/unet/unet.ts"
import { flowMatchingLoss } from "../../src/training/flow-matching.ts"
import { startTraining, trainingStep } from "../../src/training/training-step.ts"
import { assertNear, readReference } from "../models/reference.ts"

const reference = readReference("unet/classes")
const network = unet(JSON.parse(reference.metadata["config"]!) as UNetConfig)
const { parameters } = network
const batch = {
  x0: reference.tensor("x0") as Tensor4D,
  x1: reference.tensor("x1") as Tensor4D,
  time: reference.tensor("time") as Tensor1D,
  classes: reference.tensor("classes") as Tensor2D
}
const start = () => startTraining(parameters, reference.state("before", parameters))
const step = (training: ReturnType<typeof start>, rate: number) =>
  trainingStep(
    parameters,
    training,
    (state) => flowMatchingLoss(network, state, batch),
    tf.scalar(rate)
  )

describe("a training step", () => {
  it("leads where PyTorch's leads, twice", () => {
    const first = step(start(), 1e-2)
    const second = step(first.training, 5e-3)
    const expected = reference.tensor("losses").dataSync()
    assert.closeTo(first.loss.dataSync()[0]!, expected[0]!, 1e-5)
    assert.closeTo(second.loss.dataSync()[0]!, expected[1]!, 1e-5)
    const after = reference.state("after", parameters)
    for (const { name, role } of parameters) {
      // Adam's first steps divide a gradient by its own size, which makes an error of 1e-7 in one of 1e-4 a thousandth of
      // the rate of 1e-2. A running statistic is compared as it is.
      const tolerance = role === "statistic" ? 1e-4 : 2e-4
      assertNear(second.training.state[name]!, after[name]!, tolerance, name)
    }
    assert.deepStrictEqual([...second.training.step.dataSync()], [2])
  })
  it("lowers the loss", () => {
    let training = start()
    const losses: Array<number> = []
    for (let i = 0; i < 4; i++) {
      const result = step(training, 1e-2)
      losses.push(result.loss.dataSync()[0]!)
      ;({ training } = result)
    }
    assert.isBelow(losses.at(-1)!, 0.8 * losses[0]!)
  })
  it("keeps the order of names, and leaves biases alone that a batch norm cancels", () => {
    const training = start()
    const { state } = step(training, 1e-2).training
    assert.deepStrictEqual(
      Object.keys(state),
      parameters.map(({ name }) => name)
    )
    const cancelled = parameters.filter(({ role }) => role === "cancelled")
    assert.strictEqual(cancelled.length, 17)
    for (const { name } of cancelled) {
      assert.deepStrictEqual(state[name]!.dataSync(), training.state[name]!.dataSync())
    }
  })
  it("owns nothing but its results, and the old training can be freed", () => {
    const training = start()
    const held = parameters.length + ["m", "v", "step"].length
    const before = tf.memory().numTensors
    const { loss, training: next } = step(training, 1e-2)
    // The loss, and the learning rate that `step` made.
    assert.strictEqual(tf.memory().numTensors, before + held + 2)
    tf.dispose([
      loss,
      ...Object.values(training.state),
      ...Object.values(training.moments),
      training.step
    ])
    assert.strictEqual(tf.memory().numTensors, before + 1)
    assert.isFalse(Object.values(next.state).some(({ isDisposed }) => isDisposed))
  })
  it("reads no value and makes no variable, so that it can be traced", () => {
    const training = start()
    const reading = vi.spyOn(tf.engine(), "readSync")
    const making = vi.spyOn(tf.engine(), "makeVariable")
    try {
      step(training, 1e-2)
      assert.strictEqual(reading.mock.calls.length + making.mock.calls.length, 0)
      training.step.dataSync()
      tf.variable(training.step).dispose()
      assert.strictEqual(reading.mock.calls.length + making.mock.calls.length, 2)
    } finally {
      vi.restoreAllMocks()
    }
  })
  it("can train variables", () => {
    const training = start()
    const variables = Object.fromEntries(
      Object.entries(training.state).map(([name, tensor]) => [name, tf.variable(tensor)])
    )
    const plain = step(training, 1e-2).training.state
    const stepped = step({ ...training, state: variables }, 1e-2).training.state
    assertNear(stepped["up1.up.conv.weight"]!, plain["up1.up.conv.weight"]!, 0)
    tf.dispose(variables)
  })
})

/** A whole network: the U-Net for digits, in small. */
import { afterAll, assert, describe, it } from "vitest"
import type { Scalar, Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { compile } from "#src/engine/compile.ts"
import { initialise } from "#src/models/initialise.ts"
import { type State } from "#src/models/parameters.ts"
import { type UNet, unet } from "#src/models/unet/unet.ts"
import { type FlowBatch, flowMatchingLoss } from "#src/training/flow-matching.ts"
import {
  type Training,
  lossAndGradients,
  startTraining,
  trainingStep
} from "#src/training/training-step.ts"
import { library as tf, random } from "../support/backends.ts"
import { threaded } from "../support/onnx-variants.ts"

type Values = Readonly<Record<string, ReadonlyArray<number>>>

const images = 3
const network = (channels: number): UNet =>
  unet({ channels, imageSize: 8, imageChannels: 1, time: "add", classes: 10 })

const batch = (): FlowBatch => ({
  x0: random([images, 8, 8, 1], 1) as Tensor4D,
  x1: random([images, 8, 8, 1], 2) as Tensor4D,
  time: tf.tensor1d([0.1, 0.45, 0.8]),
  classes: tf.oneHot(tf.tensor1d([3, 0, 7], "int32"), 10).toFloat() as Tensor2D
})

const valuesOf = (tensors: Readonly<Record<string, Tensor>>): Values =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]])
  )

/** Runs on a backend and frees everything. */
const on = <A>(backend: string, body: () => A): A => {
  void tf.setBackend(backend)
  const before = tf.memory().numTensors
  let result: A
  tf.engine().startScope()
  try {
    result = body()
  } finally {
    tf.engine().endScope()
  }
  assert.strictEqual(tf.memory().numTensors, before)
  return result
}
afterAll(() => {
  void tf.setBackend("onnx")
})

/** How a function is called: as it is, or compiled. */
type Wrap = typeof compile
const eagerly: Wrap = (fn) => fn

/** The loss, all gradients and the new running statistics. */
const firstStep = (model: UNet, wrap: Wrap): Values => {
  const step = wrap((state: State, batch: FlowBatch): Record<string, Tensor> => {
    const { gradients, loss, statistics } = lossAndGradients(model.parameters, state, (state) =>
      flowMatchingLoss(model, state, batch)
    )
    return { ...gradients, ...statistics, loss }
  })
  return valuesOf(step(initialise(model.parameters, 5), batch()))
}

const assertNear = (got: Values, expected: Values, tolerance: number): void => {
  assert.deepStrictEqual(Object.keys(got), Object.keys(expected))
  for (const [name, want] of Object.entries(expected)) {
    const largest = want.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
    assert.isAbove(largest, 0, `${name} is all zeros, so it proves nothing`)
    const error = want.reduce(
      (worst, value, at) => Math.max(worst, Math.abs(value - got[name]![at]!)),
      0
    )
    assert.isAtMost(error / largest, tolerance, `${name}, relative to its largest value`)
    assert.isFalse(got[name]!.some(Number.isNaN), name)
  }
}

describe.each([16, 4])("the U-Net of %i channels", (channels) => {
  const model = network(channels)

  it("has the loss, gradients and statistics of tfjs's cpu backend", () => {
    const expected = on("cpu", () => firstStep(model, eagerly))
    const eager = on("onnx", () => firstStep(model, eagerly))
    assertNear(eager, expected, 1e-4)
    assert.deepStrictEqual(
      on("onnx", () => firstStep(model, compile)),
      eager
    )
  })

  it("is trained to the same bits when compiled, and by each number of threads", () => {
    const train = (wrap: Wrap): Values => {
      const step = wrap((training: Training, batch: FlowBatch, rate: Scalar) =>
        trainingStep(
          model.parameters,
          training,
          (state) => flowMatchingLoss(model, state, batch),
          rate
        )
      )
      let training = startTraining(model.parameters, initialise(model.parameters, 5))
      const losses: Array<number> = []
      for (const rate of [1e-2, 3e-3, 1e-3]) {
        const next = step(training, batch(), tf.scalar(rate))
        losses.push(next.loss.dataSync()[0]!)
        training = next.training
      }
      return { ...valuesOf(training.state), ...valuesOf(training.moments), losses }
    }
    const [first, ...others] = threaded.flatMap(({ name }) =>
      [eagerly, compile].map((wrap) => on(name, () => train(wrap)))
    )
    for (const other of others) assert.deepStrictEqual(other, first)
    const [before, , after] = first!["losses"]!
    assert.isBelow(after!, before!)
  })
})

import { afterAll, assert, describe, it } from "vitest"
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { UserError } from "../../../src/base/user-error.ts"
import type { Classifier } from "../../../src/models/classifier/classifier.ts"
import { stateOf, unetOf } from "../../../src/models/model-value.ts"
import { batchOf } from "../../../src/training/batches.ts"
import { tensorsOfInputs } from "../../../src/training/input-tensors.ts"
import { classify } from "../../../src/training/objectives/classify.ts"
import { ddpm } from "../../../src/training/objectives/ddpm.ts"
import { denoise } from "../../../src/training/objectives/denoise.ts"
import { flowMatching } from "../../../src/training/objectives/flow-matching.ts"
import type { Inputs, Objective } from "../../../src/training/objectives/objective.ts"
import { lossAndGradients } from "../../../src/training/training-step.ts"
import type { Dataset, Model } from "../../../src/values/values.ts"
import { library as tf } from "../../support/backends.ts"
import { bars, noise, size, smallClassifier, smallUNet } from "../data.ts"
import { schedule, subjects } from "./subjects.ts"

const places = Int32Array.of(3, 0, 6, 1)
const mode = { training: true }
const batch = (data: Dataset = bars(8, { grain: 20 })) =>
  batchOf(data, places, { seed: 4, prefix: "epoch 1" })
const rows = (values: Float32Array, length: number) =>
  Array.from({ length: values.length / length }, (_, row) =>
    values.slice(row * length, (row + 1) * length)
  )
const meanSquare = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => (value - b[i]!) ** 2).reduce((sum, x) => sum + x, 0) / a.length

afterAll(() => {
  void tf.setBackend("onnx")
})

/** The loss, the gradients and the statistics of a first step, on a backend. */
const firstStep = (
  backend: string,
  { model, objective }: { readonly model: Model; readonly objective: Objective },
  inputs: Inputs
): Record<string, Float32Array> => {
  void tf.setBackend(backend)
  tf.engine().startScope()
  try {
    const tensors = tensorsOfInputs(inputs)
    const computed = lossAndGradients(objective.network.parameters, stateOf(model), (state) =>
      objective.loss(state, tensors, mode)
    )
    const all = { ...computed.gradients, ...computed.statistics, loss: computed.loss }
    return Object.fromEntries(
      Object.entries(all).map(([name, tensor]: [string, Tensor]) => [
        name,
        tensor.dataSync<"float32">()
      ])
    )
  } finally {
    tf.engine().endScope()
  }
}

describe.each(Object.entries(subjects))("the objective %s", (_, subject) => {
  const { model, objective } = subject

  it("has the loss, gradients and statistics of tfjs's cpu backend", () => {
    const inputs = objective.inputs(batch(), mode)
    const expected = firstStep("cpu", subject, inputs)
    const got = firstStep("onnx", subject, inputs)
    assert.deepStrictEqual(Object.keys(got), Object.keys(expected))
    for (const [name, want] of Object.entries(expected)) {
      const largest = Math.max(...want.map(Math.abs))
      assert.isAbove(largest, 0, `${name} is all zeros, so it proves nothing`)
      const error = Math.max(...want.map((value, i) => Math.abs(value - got[name]![i]!)))
      assert.isAtMost(error / largest, 2e-4, name)
    }
  })
  it("draws for an image what it draws for it in any batch", () => {
    const data = bars(8, { grain: 20 })
    const whole = objective.inputs(batch(data), mode)
    const alone = objective.inputs(
      batchOf(data, places.subarray(2, 3), { seed: 4, prefix: "epoch 1" }),
      mode
    )
    assert.deepStrictEqual(Object.keys(alone), Object.keys(whole))
    for (const [name, { shape, values }] of Object.entries(alone)) {
      assert.strictEqual(shape[0], 1)
      assert.deepStrictEqual(values, rows(whole[name]!.values, values.length)[2])
    }
  })
  it("fits the model that it was made for", () => {
    assert.deepStrictEqual(objective.network.architecture, model.architecture)
  })
})

describe("denoising", () => {
  it("draws σ evenly from its range, and shows the network x + σ ε", () => {
    const model = smallUNet()
    const objective = denoise(model, { from: "image", sigma: [0.2, 0.6] })
    const inputs = objective.inputs(batch(noise(8)), mode)
    const sigmas = inputs["sigma"]!.values
    const draws = batch().uniform("sigma", 1)
    for (const [i, sigma] of sigmas.entries()) assert.closeTo(sigma, 0.2 + 0.4 * draws[i]!, 1e-7)
    const [x, e] = [inputs["images"]!, inputs["noise"]!]
    const shown = x.values.map(
      (value, i) => value + sigmas[Math.floor(i / size ** 2)]! * e.values[i]!
    )
    const [state, tensors] = [stateOf(model), tensorsOfInputs(inputs)]
    const answer = unetOf(model)
      .forward(state, tf.tensor(shown, [4, size, size, 1]) as Tensor4D, mode)
      .output.dataSync()
    const [loss] = objective.loss(state, tensors, mode).loss.dataSync()
    assert.closeTo(loss!, meanSquare(answer, x.values), 1e-5)
    assert.deepStrictEqual(objective.facts, { prediction: "sample" })
  })
  it("with one σ adds that to all", () => {
    const { sigma } = denoise(smallUNet(), { from: "image", sigma: 0.5 }).inputs(batch(), mode)
    assert.deepStrictEqual([...sigma!.values], [0.5, 0.5, 0.5, 0.5])
  })
  it("from noise shows nothing of the image", () => {
    const objective = denoise(smallUNet(), { from: "noise", sigma: 0.5 })
    const answer = (data: Dataset) => objective.inputs(batch(data), mode)["noise"]!.values
    assert.deepStrictEqual(answer(bars(8)), answer(noise(8)))
    assert.notProperty(objective.inputs(batch(), mode), "sigma")
  })
})

describe("flow matching", () => {
  const model = smallUNet({ time: "add", classes: 2 })

  it("drops about as many classes as asked for, and none when evaluating", () => {
    const data = bars(2000)
    const all = Int32Array.from({ length: 2000 }, (_, i) => i)
    const objective = flowMatching(model, { unconditional: 0.1 })
    const large = batchOf(data, all, { seed: 1, prefix: "epoch 1" })
    const kept = (training: boolean) =>
      objective.inputs(large, { training })["classes"]!.values.reduce((sum, one) => sum + one, 0)
    assert.strictEqual(kept(false), 2000)
    // A binomial of 2000 with p = 0.1 has a deviation of 13.4.
    assert.closeTo(2000 - kept(true), 200, 4 * 13.4)
  })
  it("keeps or drops all at the ends", () => {
    const classes = (unconditional: number) => [
      ...flowMatching(model, { unconditional }).inputs(batch(), mode)["classes"]!.values
    ]
    assert.deepStrictEqual(classes(0), [0, 1, 1, 0, 1, 0, 0, 1])
    assert.deepStrictEqual(classes(1), Array(8).fill(0))
  })
  it("has times in [0, 1) and noise of its own for each epoch", () => {
    const objective = flowMatching(model, { unconditional: 0 })
    const inputs = (epoch: number) =>
      objective.inputs(batchOf(bars(8), places, { seed: 4, prefix: `epoch ${epoch}` }), mode)
    assert.isTrue(inputs(1)["time"]!.values.every((t) => t >= 0 && t < 1))
    for (const name of ["time", "x0"]) {
      assert.notDeepEqual(inputs(1)[name]!.values, inputs(2)[name]!.values)
    }
  })
})

describe("ddpm", () => {
  it("shows √ᾱ x + √(1-ᾱ) ε at t/T, and asks for ε", () => {
    const model = smallUNet({ time: "add" })
    const objective = ddpm(model, { schedule, unconditional: 0 })
    const inputs = objective.inputs(batch(noise(8)), mode)
    const { deviation, noise: e, signal, time } = inputs
    const draws = batch().uniform("time", 1)
    for (const [i, u] of draws.entries()) {
      const t = Math.floor(300 * u)
      assert.closeTo(time!.values[i]!, t / 300, 1e-7)
      assert.closeTo(signal!.values[i]! ** 2, schedule.alphaBar[t]!, 1e-6)
      assert.closeTo(signal!.values[i]! ** 2 + deviation!.values[i]! ** 2, 1, 1e-6)
    }
    const at = (i: number) => Math.floor(i / size ** 2)
    const shown = inputs["images"]!.values.map(
      (x, i) => signal!.values[at(i)]! * x + deviation!.values[at(i)]! * e!.values[i]!
    )
    const state = stateOf(model)
    const answer = unetOf(model)
      .forward(state, tf.tensor(shown, [4, size, size, 1]) as Tensor4D, {
        ...mode,
        time: tf.tensor1d(time!.values)
      })
      .output.dataSync()
    const [loss] = objective.loss(state, tensorsOfInputs(inputs), mode).loss.dataSync()
    assert.closeTo(loss!, meanSquare(answer, e!.values), 1e-5)
    assert.deepStrictEqual(objective.facts, { prediction: "epsilon", schedule })
  })
})

describe("classification", () => {
  it("moves images only in training", () => {
    const objective = classify(smallClassifier(), { shift: 2 })
    const given = batch(noise(8))
    assert.deepStrictEqual(
      objective.inputs(given, { training: false })["images"]!.values,
      given.images
    )
    assert.notDeepEqual(objective.inputs(given, mode)["images"]!.values, given.images)
  })
  it("tells the accuracy when evaluating", () => {
    const model = smallClassifier()
    const objective = classify(model, { shift: 0 })
    const inputs = tensorsOfInputs(objective.inputs(batch(), mode))
    const state = stateOf(model)
    const { accuracy } = objective.loss(state, inputs, { training: false })
    const logits = (objective.network as Classifier)
      .forward(state, inputs["images"] as Tensor4D, { training: false })
      .logits.arraySync()
    const right = logits.filter(
      ([first, second], i) => (first! < second! ? 1 : 0) === places[i]! % 2
    )
    assert.strictEqual(accuracy!.dataSync()[0], right.length / places.length)
    assert.notProperty(objective.loss(state, inputs, mode), "accuracy")
  })
})

describe("a model of another kind", () => {
  it("is refused", () => {
    assert.throws(() => denoise(smallClassifier(), { from: "image", sigma: 1 }), UserError)
    assert.throws(() => classify(smallUNet(), { shift: 0 }), UserError)
  })
})

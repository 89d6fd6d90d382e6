import { assert, describe, it } from "vitest"
import type { JsonObject } from "../../../src/base/json.ts"
import { alphaBar, cosineBetas } from "../../../src/diffusion/schedule.ts"
import type { ParamsSchema, Ports, StageDefinition } from "../../../src/stage.ts"
import type { Metrics, Model, Models, Value } from "../../../src/values/values.ts"
import classifier from "../../../stages/train/classifier.ts"
import ddpm from "../../../stages/train/ddpm.ts"
import denoise from "../../../stages/train/denoise.ts"
import flowMatching from "../../../stages/train/flow-matching.ts"
import { checkStage, decodeParams } from "../../support/run-stage.ts"
import { bars, smallClassifier, smallUNet } from "../../training/data.ts"
import { partsOf, runWhole } from "./run-parts.ts"

const plain = <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>
) => stage as unknown as StageDefinition

const [dataset, test] = [bars(40, { grain: 10 }), bars(30, { grain: 10, seed: 2 })]
const conditioned = smallUNet({ time: "add", classes: 2 })
const trained = async (stage: StageDefinition, model: Model, params: JsonObject, more = {}) => {
  const settings = { epochs: 2, batchSize: 16, learningRate: 1e-2, ...params }
  const { outputs } = await runWhole(stage, { model, dataset, ...more }, settings)
  return outputs as unknown as {
    readonly model: Model
    readonly checkpoints: Models
    readonly metrics: Metrics
    readonly epochs: Metrics
  }
}

const stages = {
  "train/denoise": [plain(denoise), smallUNet(), { sigma: 0.5 }, "sample"],
  "train/denoise from noise": [plain(denoise), smallUNet(), { from: "noise" }, "sample"],
  "train/flow-matching": [plain(flowMatching), conditioned, {}, "velocity"],
  "train/ddpm": [plain(ddpm), conditioned, { timesteps: 20 }, "epsilon"],
  "train/classifier": [plain(classifier), smallClassifier(), { shift: 1 }, "logits"]
} as const

describe.each(Object.entries(stages))("%s", (_, [stage, model, params, prediction]) => {
  it("trains epoch by epoch, and gathers what came out", async () => {
    const result = await trained(stage, model, params, { test })
    assert.strictEqual(result.model.prediction, prediction)
    assert.deepStrictEqual(
      result.checkpoints.models.map(({ label }) => label),
      ["epoch 1", "epoch 2"]
    )
    assert.deepStrictEqual(result.checkpoints.models[1]!.model, result.model)
    assert.notDeepEqual(result.checkpoints.models[0]!.model, result.model)
    const { scalars, series } = result.metrics
    assert.deepStrictEqual(
      series.map(({ epoch, step }) => [step, epoch]),
      [
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 2],
        [5, 2],
        [6, 2]
      ]
    )
    const [first, second] = result.epochs.series
    assert.deepStrictEqual(
      [first!["epoch"], second!["step"], second!["learningRate"]],
      [1, 6, 1e-2]
    )
    assert.strictEqual(scalars["finalLoss"], second!["loss"])
    assert.strictEqual(scalars["finalTestLoss"], second!["testLoss"])
    assert.strictEqual(
      scalars["bestTestLoss"],
      Math.min(Number(first!["testLoss"]), Number(second!["testLoss"]))
    )
    assert.strictEqual(
      result.epochs.series[scalars["bestEpoch"]! - 1]!["testLoss"],
      scalars["bestTestLoss"]
    )
    assert.deepInclude(scalars, { epochs: 2, steps: 6, images: 80 })
    assert.deepStrictEqual(result.epochs.scalars, scalars)
    assert.strictEqual("finalTestAccuracy" in scalars, prediction === "logits")
  })
})

describe("a training", () => {
  it("without other images evaluates nothing", async () => {
    const { epochs, metrics } = await trained(plain(flowMatching), conditioned, {})
    assert.deepStrictEqual(Object.keys(metrics.scalars), ["finalLoss", "epochs", "steps", "images"])
    assert.notProperty(epochs.series[0], "testLoss")
  })
  it("gives out averaged weights where they are averaged", async () => {
    const [averaged, without] = [
      await trained(plain(flowMatching), conditioned, { emaDecay: 0.5 }),
      await trained(plain(flowMatching), conditioned, {})
    ]
    assert.notDeepEqual(averaged.model.weights, without.model.weights)
    assert.deepStrictEqual(averaged.metrics, without.metrics)
  })
})

describe("train/ddpm", () => {
  it("gives the model its schedule: the linear one of its parameters, or the one that is connected", async () => {
    const { model } = await trained(plain(ddpm), conditioned, { epochs: 1 })
    assert.strictEqual(model.schedule!.kind, "linear")
    assert.strictEqual(model.schedule!.betas.length, 300)
    assert.strictEqual(model.schedule!.betas[0], 1e-4)
    assert.strictEqual(model.schedule!.betas.at(-1), 0.02)
    const betas = cosineBetas(10)
    const schedule = { kind: "cosine", betas: [...betas], alphaBar: [...alphaBar(betas)] }
    const other = await trained(
      plain(ddpm),
      conditioned,
      { epochs: 1 },
      {
        schedule: { type: "NoiseSchedule", ...schedule }
      }
    )
    assert.deepStrictEqual(other.model.schedule, schedule)
  })
  it("takes no parameters of a schedule beside one that is connected", () => {
    const issues = checkStage(ddpm, { timesteps: 10, betaEnd: 0.1 }, { connected: { schedule: 1 } })
    assert.deepStrictEqual(
      issues.map(({ path }) => path),
      [["timesteps"], ["betaEnd"]]
    )
    assert.deepStrictEqual(checkStage(ddpm, { timesteps: 10 }), [])
    const untold = checkStage(ddpm, {}, { attributes: { G: "nothing" } })
    assert.deepStrictEqual(
      untold.map(({ hint }) => hint),
      ["give model/unet `time: add`"]
    )
  })
})

const partsAt = (params: JsonObject, inputs: Record<string, Value> = {}) =>
  partsOf(
    plain(flowMatching),
    { batchSize: 16, ...params },
    { model: conditioned, dataset, test, ...inputs }
  ).made.parts
const trainings = <P extends { readonly name: string }>(parts: ReadonlyArray<P>) =>
  parts.filter(({ name }) => name.startsWith("epoch-"))

describe("the parts of a training", () => {
  it("are those of a shorter one and more, under rates that do not depend on its length", () => {
    for (const learningRate of [
      1e-3,
      { kind: "exponential", initial: 1e-2, factor: 0.8 },
      { kind: "cosine", initial: 1e-2, epochs: 6, every: "step" },
      { kind: "piecewise", values: [1e-2, 1e-3], steps: [4], warmup: { steps: 2 } }
    ] as ReadonlyArray<JsonObject[string]>) {
      const [short, long] = [2, 4].map((epochs) => trainings(partsAt({ epochs, learningRate })))
      assert.strictEqual(short!.length, 2)
      assert.deepStrictEqual(long!.slice(0, 2), short)
    }
  })
  it("differ after the first epoch where the rates are relative to the run", () => {
    const learningRate = { kind: "exponential", initial: 1e-2, factorOverRun: 0.1 }
    const [short, long] = [2, 4].map((epochs) => trainings(partsAt({ epochs, learningRate })))
    assert.deepStrictEqual(long![0], short![0])
    assert.notDeepEqual(long![1], short![1])
  })
  it("hold one rate for an epoch, or each step's, and nothing of the schedule", () => {
    const learningRate = { kind: "constant", value: 1e-2, warmup: { steps: 4 } }
    const [first, second, third] = trainings(partsAt({ epochs: 3, learningRate }))
    assert.deepStrictEqual(first!.params["learningRate"], [0, 0.0025, 0.005])
    assert.deepStrictEqual(second!.params["learningRate"], [0.0075, 1e-2, 1e-2])
    assert.strictEqual(third!.params["learningRate"], 1e-2)
    assert.deepStrictEqual(Object.keys(third!.params).toSorted(), [
      "batchSize",
      "epoch",
      "learningRate",
      "optimizer",
      "seed",
      "unconditional"
    ])
  })
  it("evaluate the averaged models, with parameters that no epoch changes", () => {
    const parts = partsAt({ epochs: 2, seed: 5 })
    const [first, second] = parts.filter(({ uses }) => uses === "evaluate/loss")
    assert.deepStrictEqual(first!.params, { objective: { kind: "flow-matching" }, seed: 5 })
    assert.deepStrictEqual(second!.params, first!.params)
    assert.deepStrictEqual(second!.inputs, {
      model: { part: "epoch-2", output: "averaged" },
      dataset: { input: "test" }
    })
  })
})

const known = { dims: { N: 40, K: 2, L: 2 } }
const issue = (stage: Parameters<typeof checkStage>[0], params: object, more: object = known) => {
  const [first, ...others] = checkStage(stage, params, more)
  assert.deepStrictEqual(others, [])
  return first!
}

describe("what is wrong with a training", () => {
  it("is told of batches larger than the data, when these are known", () => {
    const found = issue(plain(flowMatching), { batchSize: 64 })
    assert.deepStrictEqual(found.path, ["batchSize"])
    assert.include(found.message, "a batch of 64 is larger than the data set of 40 images")
    assert.deepStrictEqual(checkStage(flowMatching, { batchSize: 64 }, { dims: {} }), [])
  })
  it("is told of classes that do not go together", () => {
    const dims = { N: 400, K: 10, L: 2 }
    const found = issue(plain(flowMatching), {}, { dims })
    assert.include(found.message, "the model has 10 classes, and the data set has 2")
    assert.include(issue(plain(classifier), {}, { dims: { ...dims, L: 0 } }).message, "no labels")
    const none = { dims: { N: 400, K: 0, L: 2 } }
    assert.deepStrictEqual(checkStage(flowMatching, {}, none), [])
    assert.include(issue(plain(classifier), {}, none).message, "no classifier")
  })
  it("is told of a learning rate, at its place", () => {
    const learningRate = { kind: "piecewise", values: [1, 2, 3], epochs: [2, 1] }
    const found = issue(plain(denoise), { batchSize: 16, learningRate })
    assert.deepStrictEqual(found.path, ["learningRate", "epochs", 1])
    const stepped = { kind: "cosine", initial: 1, every: "step" }
    const unknown = issue(plain(denoise), { learningRate: stepped }, { dims: {} })
    assert.deepStrictEqual(unknown.path, ["learningRate"])
    assert.include(unknown.hint!, "step it once an epoch")
  })
  it("is told of σ", () => {
    assert.deepStrictEqual(issue(plain(denoise), { sigma: [0.5, 0.2] }, {}).path, ["sigma"])
    assert.include(issue(plain(denoise), { from: "noise", sigma: 0.5 }, {}).hint!, "remove")
    assert.deepStrictEqual(checkStage(denoise, { from: "noise" }), [])
  })
  it("is refused by the schema where a number alone is wrong", () => {
    for (const params of [
      { epochs: 0 },
      { batchSize: 0.5 },
      { learningRate: -1 },
      { optimizer: { kind: "lion" } },
      { optimizer: { kind: "sgd", beta1: 0.9 } },
      { clip: 0 },
      { emaDecay: 1 },
      { seed: 0.5 },
      { unconditional: 1.1 }
    ]) {
      assert.throws(() => decodeParams(flowMatching, params))
    }
  })
})

describe("the defaults of a training", () => {
  it("are PyTorch's Adam with a rate of 1e-3", () => {
    assert.deepInclude(decodeParams(flowMatching, {}), {
      learningRate: 1e-3,
      optimizer: { kind: "adam", beta1: 0.9, beta2: 0.999, eps: 1e-8 },
      unconditional: 0.1
    })
    assert.deepStrictEqual(decodeParams(flowMatching, { optimizer: { kind: "adamw" } }).optimizer, {
      kind: "adamw",
      beta1: 0.9,
      beta2: 0.999,
      eps: 1e-8,
      weightDecay: 0.01
    })
  })
})

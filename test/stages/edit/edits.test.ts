/** The stages that walk an estimator: from noise, from a noisy image, from an image, around a mask. */
import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { alphaBar, cosineBetas } from "../../../src/diffusion/schedule.ts"
import type { Estimator, Images, Mask } from "../../../src/values/values.ts"
import iterative from "../../../stages/denoise/iterative.ts"
import oneStep from "../../../stages/denoise/one-step.ts"
import inpaint from "../../../stages/edit/inpaint.ts"
import sdedit from "../../../stages/edit/sdedit.ts"
import diffusion from "../../../stages/sample/diffusion.ts"
import { checkStage, runStage } from "../../support/run-stage.ts"
import { unetModel } from "../sample/models.ts"

const size = 8
const betas = cosineBetas(50)
const schedule = { kind: "cosine", betas: [...betas], alphaBar: [...alphaBar(betas)] }
const estimatorOf = (prediction: "epsilon" | "velocity"): Estimator => ({
  type: "Estimator",
  tree: { kind: "network", network: 0 },
  networks: [
    unetModel(
      { time: "add", classes: 0 },
      prediction === "epsilon" ? { prediction, schedule } : { prediction }
    )
  ],
  embeddings: [],
  images: []
})
const estimator = estimatorOf("epsilon")
const images: Images = {
  type: "Images",
  shape: [2, size, size, 1],
  range: "[0,1]",
  data: Float32Array.from({ length: 2 * size * size }, (_, i) => (i % 5) / 5),
  labels: ["a", "b"]
}
const none = { schedule: undefined }
const failure = async (running: Promise<unknown>) => {
  const error = await running.catch((thrown: unknown) => thrown)
  assert.instanceOf(error, UserError)
  return `${error.message} (${error.hint})`
}
const largest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe("sample/diffusion", () => {
  it("labels the states of a trajectory by their timesteps", async () => {
    const { images: made, trajectory } = await runStage(
      diffusion,
      { estimator, ...none },
      { count: 2, timesteps: [40, 20, 0], frames: 4 }
    )
    assert.deepStrictEqual(made.shape, [2, size, size, 1])
    assert.isUndefined(made.labels)
    const strip = ["t=40", "t=20", "t=0", "sample"]
    assert.deepStrictEqual(trajectory.labels, [...strip, ...strip])
    assert.deepStrictEqual(
      trajectory.data.subarray(3 * size * size, 4 * size * size),
      made.data.subarray(0, size * size)
    )
  })
  it("needs a schedule for a flow model, and takes one", async () => {
    const flow = estimatorOf("velocity")
    assert.match(
      await failure(runStage(diffusion, { estimator: flow, ...none }, { timesteps: 5 })),
      /no timesteps: it was trained with flow matching \(connect a schedule/
    )
    const given = { type: "NoiseSchedule" as const, ...schedule }
    const { images: made } = await runStage(
      diffusion,
      { estimator: flow, schedule: given },
      { timesteps: 5, count: 1 }
    )
    assert.isTrue(made.data.every((value) => Number.isFinite(value)))
  })
  it("says before anything runs what cannot be walked", () => {
    const issues = (params: object, dims = {}, attributes = {}) =>
      checkStage(diffusion, params, { dims, attributes }).map(
        ({ message, path }) => `${path.join(".")}: ${message}`
      )
    assert.deepStrictEqual(issues({ timesteps: 3, frames: 4 }), [])
    assert.deepStrictEqual(issues({ timesteps: 3, frames: 5 }), [
      "frames: 5 frames are more than the 4 states of 3 steps"
    ])
    const strided = { kind: "strided", from: 90, stride: 30 }
    assert.deepStrictEqual(issues({ timesteps: strided, end: "last-timestep", frames: 5 }), [
      "frames: 5 frames are more than the 4 states of 3 steps"
    ])
    assert.deepStrictEqual(issues({ timesteps: "smart27", frames: 28 }), [])
    assert.deepStrictEqual(issues({ timesteps: [10], end: "last-timestep" }), [
      "timesteps: there is no step from the only timestep"
    ])
    assert.deepStrictEqual(issues({ timesteps: [60, 0] }, { T: 50 }), [
      "timesteps.0: the schedule has no timestep 60"
    ])
    const dynamic = { thresholding: { kind: "dynamic", maximum: 1.5 } }
    assert.deepStrictEqual(issues(dynamic, {}, { R: "[-1,1]" }), [])
    assert.match(issues(dynamic, {}, { R: "[0,1]" })[0]!, /^thresholding: .* in \[0,1\]/)
  })
  it("says which timesteps there are, and how many frames", async () => {
    assert.match(
      await failure(runStage(diffusion, { estimator, ...none }, { timesteps: [60, 0] })),
      /60/
    )
    assert.match(
      await failure(runStage(diffusion, { estimator, ...none }, { timesteps: 3, frames: 9 })),
      /9 frames are more than the 4 states of 3 steps/
    )
    assert.match(
      await failure(
        runStage(
          diffusion,
          { estimator, ...none },
          { timesteps: 3, thresholding: { kind: "dynamic", maximum: 1.5 } }
        )
      ),
      /dynamic thresholding is for images in \[-1,1\]/
    )
  })
})

describe("denoise/iterative", () => {
  it("goes on from where the images are, and keeps their labels", async () => {
    const { images: made } = await runStage(
      iterative,
      { images, estimator, ...none },
      { timesteps: [40, 30, 20, 10, 0], start: 3 }
    )
    assert.deepStrictEqual(made.labels, ["a", "b"])
    const issues = (params: object) =>
      checkStage(iterative, params).map(({ message, path }) => `${path.join(".")}: ${message}`)
    assert.deepStrictEqual(issues({ timesteps: [40, 0], start: 1 }), [])
    assert.deepStrictEqual(issues({ timesteps: [40, 0], start: 1, end: "last-timestep" }), [
      "start: start 1 is beyond the last step of 2 timesteps"
    ])
  })
})

describe("denoise/one-step", () => {
  it("takes one timestep for all, or one for each", async () => {
    const at = async (timesteps: number | ReadonlyArray<number>) =>
      (await runStage(oneStep, { images, estimator, ...none }, { timesteps })).images.data
    const [both, apart] = [await at(20), await at([20, 5])]
    assert.deepStrictEqual(apart.subarray(0, size * size), both.subarray(0, size * size))
    assert.isAbove(largest(apart, both), 0)
    assert.match(
      checkStage(oneStep, { timesteps: [1, 2, 3] }, { dims: { N: 2 } })[0]!.message,
      /3 timesteps are not for 2 images/
    )
    assert.match(
      await failure(runStage(oneStep, { images, estimator, ...none }, { timesteps: 50 })),
      /timestep 50 is not one of 0 to 49/
    )
  })
})

describe("edit/sdedit", () => {
  it("edits image by image and start by start; later starts keep more", async () => {
    const { images: edits } = await runStage(
      sdedit,
      { images, estimator, ...none },
      { timesteps: [45, 30, 15, 0], starts: [0, 3], perStart: 2, seed: 1 }
    )
    assert.deepStrictEqual(edits.shape, [8, size, size, 1])
    const labels = ["from t=45", "from t=45", "from t=0", "from t=0"]
    assert.deepStrictEqual(
      edits.labels,
      ["a", "b"].flatMap((own) => labels.map((label) => `${own} · ${label}`))
    )
    const edit = (index: number) =>
      edits.data.subarray(index * size * size, (index + 1) * size * size)
    const second = images.data.subarray(size * size)
    assert.isBelow(largest(edit(6), second), largest(edit(4), second))
    assert.isBelow(largest(edit(6), second), 0.2)
  })
  it("wants starts or strengths", () => {
    assert.match(checkStage(sdedit, {})[0]!.message, /either starts or strengths/)
    assert.match(checkStage(sdedit, { starts: [1], strengths: [0.5] })[0]!.message, /either/)
    assert.deepStrictEqual(checkStage(sdedit, { strengths: [0.5] }), [])
  })
})

describe("edit/inpaint", () => {
  const mask = (value: number): Mask => ({
    type: "Mask",
    shape: [size, size],
    data: new Float32Array(size * size).fill(value)
  })
  it("makes as many of each image as are asked for", async () => {
    const { images: made } = await runStage(
      inpaint,
      { images, estimator, mask: mask(1), ...none },
      { count: 2, timesteps: 4 }
    )
    assert.deepStrictEqual(made.labels, ["a", "a", "b", "b"])
  })
  it("refuses an empty mask, and a sampler that goes on from its last estimate", async () => {
    assert.match(
      await failure(
        runStage(inpaint, { images, estimator, mask: mask(0), ...none }, { timesteps: 4 })
      ),
      /the mask is empty/
    )
    assert.deepStrictEqual(checkStage(inpaint, { sampler: "dpm-solver++" })[0]!.path, ["sampler"])
  })
})

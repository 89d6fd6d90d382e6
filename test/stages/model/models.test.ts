import { assert, describe, it } from "vitest"
import { readFile } from "node:fs/promises"
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { UserError } from "../../../src/base/user-error.ts"
import { encodeModelFile } from "../../../src/models/model-file.ts"
import { freshModel, stateOf, unetOf } from "../../../src/models/model-value.ts"
import { batchesTracked } from "../../../src/models/state-dict.ts"
import { decodeSafetensors } from "../../../src/safetensors/decode.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"
import {
  readSafetensorsRecipe,
  writeSafetensorsRecipe
} from "../../../src/values/safetensors-recipe.ts"
import { decodeValue, encodeValue } from "../../../src/values/codec.ts"
import type { Model } from "../../../src/values/values.ts"
import checkpoint from "../../../stages/model/checkpoint.ts"
import classifier from "../../../stages/model/classifier.ts"
import load from "../../../stages/model/load.ts"
import save from "../../../stages/model/save.ts"
import unet from "../../../stages/model/unet.ts"
import { assertNear, readReference, referenceFile } from "../../models/reference.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"

const nothingKnown = { dims: {}, attributes: {}, connected: {} }

/** What `model/load` makes of a file. */
const loaded = async (
  bytes: Uint8Array | Promise<Uint8Array>,
  params: object,
  schedule?: Parameters<typeof load.run>[0]["inputs"]["schedule"]
): Promise<Model> => {
  const path = "flow.safetensors"
  const files = { path: { path, read: async () => bytes } }
  const { model } = await runStage(load, { schedule }, { path, ...params }, { files })
  return model
}

/** The error that refuses it, as `message (hint)`. */
const refusal = async (model: Promise<unknown>): Promise<string> => {
  try {
    await model
  } catch (error) {
    if (error instanceof UserError) return `${error.message} (${error.hint})`
    throw error
  }
  throw new Error("nothing was refused")
}

describe("model/unet and model/classifier", () => {
  it("make fresh networks", async () => {
    const settings = { channels: 2, time: "add", classes: 3, imageSize: 8 }
    const { model } = await runStage(unet, {}, { ...settings, seed: 5 })
    const architecture = { kind: "unet", imageChannels: 1, ...settings } as Model["architecture"]
    assert.deepStrictEqual(model, freshModel(architecture, "[0,1]", 5))
    const { model: judge } = await runStage(classifier, {}, { channels: 2, range: "[-1,1]" })
    assert.deepStrictEqual(
      judge,
      freshModel(
        { kind: "classifier", channels: 2, imageSize: 28, imageChannels: 1, classes: 10 },
        "[-1,1]",
        0
      )
    )
  })
  it("say before they run what they will make", () => {
    assert.deepStrictEqual(unet.bind!(decodeParams(unet, { channels: 64 }), nothingKnown), {
      S: 28,
      C: 1,
      K: 0,
      R: "[0,1]",
      G: "nothing"
    })
    const time = { channels: 64, time: "multiply", classes: 10, imageChannels: 3, range: "[-1,1]" }
    assert.deepStrictEqual(unet.bind!(decodeParams(unet, time), nothingKnown), {
      S: 28,
      C: 3,
      K: 10,
      R: "[-1,1]",
      G: "time"
    })
    assert.deepStrictEqual(classifier.bind!(decodeParams(classifier, {}), nothingKnown), {
      S: 28,
      C: 1,
      K: 10,
      R: "[0,1]"
    })
  })
  it("refuse what makes no network", () => {
    const [issue] = checkStage(unet, { channels: 4, imageSize: 30 })
    assert.deepStrictEqual(issue, {
      path: ["imageSize"],
      message: "a U-Net halves its images twice, and 30 pixels a side cannot be",
      hint: "use a multiple of 4, such as 28 or 32"
    })
    const enlarging = (more: object) =>
      checkStage(unet, { channels: 4, time: "add", ...more }).map(
        ({ hint, message, path }) => `${path.join(".")}: ${message} (${hint})`
      )
    assert.deepStrictEqual(enlarging({ enlarges: 4 }), [])
    assert.deepStrictEqual(enlarging({ enlarges: 3 }), [
      "enlarges: 28 pixels a side are not 3 times as many as a whole number (use a factor that divides the size)"
    ])
    assert.deepStrictEqual(enlarging({ enlarges: 2, time: "none" }), [
      "enlarges: a network that enlarges has to be told the time (add `time: add`)"
    ])
    for (const wrong of [{}, { channels: 0 }, { channels: 4, time: "added" }, { channels: 1.5 }]) {
      assert.throws(() => decodeParams(unet, wrong))
    }
    assert.throws(() => decodeParams(classifier, { classes: 1 }), "two classes")
  })
})

describe.each(["none", "multiply", "add"].flatMap((time) => [`${time}-0`, `${time}-3`]))(
  "a state dict of PyTorch, %s",
  (name) => {
    const reference = readReference(`state-dict/${name}-outputs`)
    const settings = JSON.parse(reference.metadata["config"]!) as { classes: number; time: string }
    const read = () => loaded(readFile(referenceFile(`state-dict/${name}`)), settings)

    it("loads as a network that computes the same, in both modes", async () => {
      const model = await read()
      const inputs = {
        ...(settings.time === "none" ? {} : { time: reference.tensor("time") as Tensor1D }),
        ...(settings.classes === 0 ? {} : { classes: reference.tensor("classes") as Tensor2D })
      }
      for (const [mode, training] of [
        ["evaluated", false],
        ["trained", true]
      ] as const) {
        const x = reference.tensor("x") as Tensor4D
        const { output } = unetOf(model).forward(stateOf(model), x, { ...inputs, training })
        assertNear(output, reference.tensor(mode), 1e-5, mode)
      }
    })
    it("is saved again as the same tensors, byte by byte", async () => {
      const original = decodeSafetensors(await readFile(referenceFile(`state-dict/${name}`)))
      const { file } = await runStage(save, { model: await read() }, { name: "a.safetensors" })
      const { metadata, tensors } = decodeSafetensors(file.bytes)
      assert.strictEqual(metadata["format"], "pt")
      assert.deepStrictEqual([...tensors.keys()], [...original.tensors.keys()])
      for (const [name, { bytes, ...rest }] of tensors) {
        const { bytes: expected, ...expectedRest } = original.tensors.get(name)!
        assert.deepStrictEqual(rest, expectedRest, name)
        assert.isTrue(Buffer.from(bytes).equals(expected), name)
      }
    })
  }
)

const settings = { channels: 2, time: "add", classes: 3, imageSize: 8 } as const
const fresh = freshModel({ kind: "unet", imageChannels: 1, ...settings }, "[0,1]", 1)
const schedule = { type: "NoiseSchedule", kind: "linear", betas: [0.1], alphaBar: [0.9] } as const
const { type: _, ...itsSchedule } = schedule

describe("model/save and model/load", () => {
  it("keep all of a model", async () => {
    const trained: Model = { ...fresh, prediction: "epsilon", schedule: itsSchedule }
    const { file } = await runStage(save, { model: trained }, { name: "weights/ddpm.safetensors" })
    assert.deepInclude(file, {
      name: "weights/ddpm.safetensors",
      mediaType: "application/octet-stream",
      meta: { architecture: { ...trained.architecture }, range: "[0,1]", prediction: "epsilon" }
    })
    assert.deepStrictEqual(await loaded(file.bytes, settings), trained)
    assert.deepStrictEqual(
      await loaded(file.bytes, { ...settings, prediction: "epsilon" }),
      trained
    )
    assert.deepStrictEqual(await loaded(file.bytes, settings, schedule), trained)
    assert.deepStrictEqual(
      Object.keys((await loaded(file.bytes, settings)).weights),
      Object.keys(trained.weights)
    )
    // As it lies under results/.
    const laidOut = writeSafetensorsRecipe(file.bytes, { made: "by a test" })
    assert.deepStrictEqual(readSafetensorsRecipe(laidOut), { made: "by a test" })
    assert.deepStrictEqual(await loaded(laidOut, settings), trained)
  })
  it("keep a network that enlarges", async () => {
    const params = { ...settings, enlarges: 2 }
    const { model } = await runStage(unet, {}, { ...params, seed: 3 })
    assert.strictEqual(model.architecture.kind === "unet" && model.architecture.enlarges, 2)
    const { file } = await runStage(save, { model }, { name: "enlarger.safetensors" })
    assert.deepStrictEqual(await loaded(file.bytes, params), model)
    assert.strictEqual(
      await refusal(loaded(file.bytes, settings)),
      "flow.safetensors is of a model with enlarges: 2, where the parameters say enlarges: 1 (write `enlarges: 2`, or load another file)"
    )
    const bare = encodeSafetensors(Object.fromEntries(decodeSafetensors(file.bytes).tensors))
    assert.match(
      await refusal(loaded(bare, settings)),
      /enter\.conv1\.conv\.weight is \[2,2,3,3\] where the network has \[2,1,3,3\]; the network has no level1/
    )
    const encoded = encodeValue(model)
    const files = Object.fromEntries(
      Object.entries(encoded.files).map(([name, bytes]) => [
        name,
        { digest: "" as never, sizeBytes: bytes.length }
      ])
    )
    assert.deepStrictEqual(
      decodeValue({ ...encoded, files }, (name) => encoded.files[name]!),
      model
    )
  })
  it("keep a classifier", async () => {
    const { model } = await runStage(classifier, {}, { channels: 2 })
    const { file } = await runStage(save, { model }, { name: "judge.safetensors" })
    const params = { network: "classifier", channels: 2, classes: 10 }
    assert.deepStrictEqual(await loaded(file.bytes, params), model)
  })
  it("give weights without counters or notes what the parameters say", async () => {
    const bare = Object.entries(fresh.weights).filter(([, { shape }]) => shape.length > 0)
    const bytes = encodeSafetensors(
      Object.fromEntries(
        [...decodeSafetensors(encodeModelFile(fresh)).tensors].filter(([name]) =>
          bare.some(([kept]) => kept === name)
        )
      ),
      { model: "something else" }
    )
    const model = await loaded(bytes, { ...settings, prediction: "epsilon" }, schedule)
    assert.deepStrictEqual(model, { ...fresh, prediction: "epsilon", schedule: itsSchedule })
    assert.strictEqual(batchesTracked(model.weights), 0)
  })
})

describe("model/load", () => {
  it("reads a state dict of torch.save like that of a safetensors file", async () => {
    const file = referenceFile("state-dict/add-3")
    const params = JSON.parse(
      readReference("state-dict/add-3-outputs").metadata["config"]!
    ) as object
    const read = async (path: string) => {
      const files = { path: { path, read: () => readFile(path) } }
      return runStage(load, { schedule: undefined }, { path, ...params }, { files })
    }
    const pth = file.replace(/safetensors$/, "pth")
    assert.deepStrictEqual((await read(pth)).model, (await read(file)).model)
    const cut = { path: { path: pth, read: async () => (await readFile(pth)).subarray(0, 9000) } }
    assert.match(
      await refusal(
        runStage(load, { schedule: undefined }, { path: pth, ...params }, { files: cut })
      ),
      /add-3\.pth/
    )
  })
  const bytes = encodeModelFile({ ...fresh, prediction: "velocity" })
  const unnoted = encodeSafetensors(Object.fromEntries(decodeSafetensors(bytes).tensors))

  it("says before it runs what it will make", () => {
    const params = { path: "a", ...settings, prediction: "velocity" }
    assert.deepStrictEqual(load.bind!(decodeParams(load, params), nothingKnown), {
      S: 8,
      C: 1,
      K: 3,
      R: "[0,1]",
      G: "time",
      P: "velocity"
    })
  })
  it("refuses weights of another width, saying which", async () => {
    assert.match(
      await refusal(loaded(unnoted, { ...settings, channels: 4 })),
      /^the weights in flow\.safetensors do not fit the network: enter\.conv1\.conv\.weight is \[2,1,3,3\] where the network has \[4,1,3,3\]; .*and \d+ more \(.*they look like channels: 2\)$/
    )
  })
  it("refuses parameters that the file contradicts, also where the weights are alike", async () => {
    assert.strictEqual(
      await refusal(
        loaded(bytes, { ...settings, time: "multiply", channels: 4, prediction: "sample" })
      ),
      "flow.safetensors is of a model with channels: 2, time: add, prediction: velocity, where the parameters say channels: 4, time: multiply, prediction: sample (write `channels: 2, time: add, prediction: velocity`, or load another file)"
    )
    assert.match(
      await refusal(
        loaded(bytes, { network: "classifier", channels: 2, classes: 3, imageSize: 8 })
      ),
      /with network: unet, where the parameters say network: classifier/
    )
    const noise = encodeModelFile({ ...fresh, schedule: { ...itsSchedule, betas: [0.2] } })
    assert.match(await refusal(loaded(noise, settings, schedule)), /another schedule/)
  })
  it("refuses weights that are not finite", async () => {
    const { data, shape } = fresh.weights["up1.up.conv.weight"]!
    const spoilt = Float32Array.from(data as Float32Array, (v, i) => (i === 3 ? Infinity : v))
    const weights = { ...fresh.weights, "up1.up.conv.weight": { shape, data: spoilt } }
    assert.match(
      await refusal(loaded(encodeModelFile({ ...fresh, weights }), settings)),
      /^the weights in flow\.safetensors are not all finite: up1\.up\.conv\.weight holds Infinity in 1 of 256 places \(/
    )
  })
  it("refuses other precisions, and files that are no safetensors", async () => {
    const half = encodeSafetensors({
      "enter.conv1.conv.bias": { dtype: "F16", shape: [2], bytes: new Uint8Array(4) }
    })
    assert.match(
      await refusal(loaded(half, settings)),
      /^flow\.safetensors: enter\.conv1\.conv\.bias is F16 where weights are F32 \(.*model\.float\(\)/
    )
    assert.match(
      await refusal(loaded(bytes.subarray(0, bytes.length - 1), settings)),
      /^flow\.safetensors is not a sound safetensors file/
    )
    const zip = new Uint8Array(100)
    zip.set(Buffer.from("PK\u0003\u0004"))
    assert.match(await refusal(loaded(zip, settings)), /torch\.save: convert it with/)
  })
  it("refuses before it runs what cannot be", () => {
    assert.deepStrictEqual(checkStage(load, { path: "weights/flow.pth", channels: 4 }), [])
    const [ckpt] = checkStage(load, { path: "weights/flow.ckpt", channels: 4 })
    assert.strictEqual(
      ckpt?.message,
      "weights/flow.ckpt may hold anything that Python has, which only Python can read"
    )
    assert.include(
      ckpt?.hint,
      'save_file(torch.load("weights/flow.ckpt"), "weights/flow.safetensors")'
    )
    const messages = (params: object) =>
      checkStage(load, { path: "a.safetensors", channels: 4, ...params }).map((i) => i.message)
    assert.deepStrictEqual(messages({ prediction: "velocity" }), [])
    assert.deepStrictEqual(messages({ prediction: "logits", imageSize: 10 }), [
      "a U-Net halves its images twice, and 10 pixels a side cannot be",
      "a U-Net does not predict logits"
    ])
    assert.deepStrictEqual(messages({ network: "classifier", time: "add", prediction: "sample" }), [
      "a classifier is told no time",
      "a classifier tells two classes or more apart, not 0",
      "a classifier does not predict sample"
    ])
    assert.deepStrictEqual(messages({ network: "classifier", classes: 2, enlarges: 2 }), [
      "a classifier enlarges nothing"
    ])
  })
})

describe("model/save", () => {
  it("refuses names that are no safetensors files below the results", () => {
    const messages = (name: string) => checkStage(save, { name }).map(({ message }) => message)
    assert.deepStrictEqual(messages("weights/flow.safetensors"), [])
    assert.deepStrictEqual(messages("flow.pt"), ['"flow.pt" does not end in .safetensors'])
    assert.deepStrictEqual(messages("../flow.safetensors"), [
      'the file name "../flow.safetensors" leaves its folder with ..'
    ])
  })
})

describe("model/checkpoint", () => {
  const checkpoints = (labels: ReadonlyArray<string>) => ({
    type: "Models" as const,
    models: labels.map((label, seed) => ({
      label,
      model: freshModel(fresh.architecture, "[0,1]", seed)
    }))
  })
  const three = checkpoints(["epoch 1", "epoch 2", "last"])
  const picked = (models: typeof three, params: object) => runStage(checkpoint, { models }, params)

  it("picks by epoch or label", async () => {
    assert.strictEqual((await picked(three, { epoch: 2 })).model, three.models[1]!.model)
    assert.strictEqual((await picked(three, { label: "last" })).model, three.models[2]!.model)
    assert.strictEqual((await picked(checkpoints([""]), { label: "" })).model.type, "Model")
  })
  it("lists those there are when there is no such", async () => {
    const refused = async (models: typeof three, params: object) =>
      refusal(Promise.resolve().then(() => picked(models, params)))
    assert.strictEqual(
      await refused(three, { epoch: 9 }),
      'there is no checkpoint "epoch 9": there are epoch 1, epoch 2, last (choose one of these)'
    )
    assert.match(await refused(three, { label: "lsat" }), /did you mean "last"\?/)
    assert.match(
      await refused(checkpoints([""]), { epoch: 1 }),
      /there is only one without a label/
    )
    const many = checkpoints(Array.from({ length: 20 }, (_, i) => `epoch ${i + 1}`))
    assert.match(await refused(many, { epoch: 21 }), /epoch 9, epoch 10, … epoch 20 \(/)
  })
  it("needs one of them", () => {
    assert.lengthOf(checkStage(checkpoint, {}), 1)
    assert.lengthOf(checkStage(checkpoint, { epoch: 1, label: "last" }), 1)
    assert.lengthOf(checkStage(checkpoint, { epoch: 1 }), 0)
  })
})

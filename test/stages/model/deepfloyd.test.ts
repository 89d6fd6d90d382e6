/** DeepFloyd IF's networks as stages are given them, and all that can be wrong with their folders. */
import { assert, describe, it } from "vitest"
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { UserError } from "../../../src/base/user-error.ts"
import { alphaBar, cosineBetas, linearBetas } from "../../../src/diffusion/schedule.ts"
import { decodeSafetensors } from "../../../src/safetensors/decode.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"
import { typeOf } from "../../../src/values/codec.ts"
import { printType } from "../../../src/values/type-expression.ts"
import stage from "../../../stages/model/deepfloyd.ts"
import { writeShards } from "../../engine/weights/files.ts"
import { copyFolder } from "../../support/if-network.ts"
import { ablate, sharedFile, temporaryFolder } from "../../support/project.ts"
import { decodeParams, runStage } from "../../support/run-stage.ts"
import { sourceFolder } from "../../support/source-folder.ts"
import { roundTrip } from "../../values/stored-value.ts"

const fixtures = sharedFile("fixtures", "if")
const weightsName = "diffusion_pytorch_model.safetensors"
const root = temporaryFolder()

const networkOf = async (folder: string, params: object = {}, shown = folder) => {
  const { model: network } = await runStage(
    stage,
    {},
    { folder: shown, ...params },
    { folders: { folder: sourceFolder(folder, shown) } }
  )
  return network
}

const refused = async (folder: string, params: object = {}): Promise<UserError> => {
  try {
    await networkOf(folder, params)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  return assert.fail("it was taken")
}

describe.skipIf(fixtures === undefined)("model/deepfloyd", () => {
  const unet = path.join(fixtures ?? "", "stage1", "unet")
  /** A copy that a test may damage. */
  const copyOf = (from: string): string => {
    const folder = mkdtempSync(path.join(root, "if-"))
    copyFolder(from, folder)
    return folder
  }
  const config = (folder: string) =>
    JSON.parse(readFileSync(path.join(folder, "config.json"), "utf8")) as Record<string, unknown>
  const withConfig = (changes: Record<string, unknown>): string => {
    const folder = copyOf(unet)
    const file = path.join(folder, "config.json")
    writeFileSync(file, JSON.stringify({ ...config(folder), ...changes }))
    return folder
  }
  /** With `unet/` and `scheduler/` in it. */
  const whole = (scheduler: Record<string, unknown> = {}): string => {
    const folder = mkdtempSync(path.join(root, "whole-"))
    copyFolder(unet, path.join(folder, "unet"))
    mkdirSync(path.join(folder, "scheduler"))
    const file = path.join(fixtures!, "scheduler", "scheduler_config.json")
    const written = { ...(JSON.parse(readFileSync(file, "utf8")) as object), ...scheduler }
    writeFileSync(path.join(folder, "scheduler", "scheduler_config.json"), JSON.stringify(written))
    return folder
  }

  it("says what a network is, and leaves its weights where they are", async () => {
    const network = await networkOf(unet)
    const { content, schedule, ...others } = network
    assert.deepStrictEqual(others, {
      type: "Pretrained",
      kind: "deepfloyd-unet",
      folder: unet,
      files: [{ name: weightsName, sizeBytes: readFileSync(path.join(unet, weightsName)).length }],
      config: config(unet) as never,
      imageSize: 16,
      imageChannels: 3,
      width: 48,
      enlarges: false,
      range: "[-1,1]",
      prediction: "epsilon"
    })
    assert.match(content, /^[0-9a-f]{64}$/)
    assert.deepStrictEqual(schedule.alphaBar, [...alphaBar(cosineBetas(1000))])
    assert.strictEqual(
      printType(typeOf(network)),
      "Pretrained[16,16,3,48] in [-1,1] given time of epsilon"
    )
    assert.deepStrictEqual(roundTrip(network), network)
  })

  it("is the type that it promises", async () => {
    const known = { dims: {}, attributes: {}, connected: {} }
    const bound = stage.bind?.(decodeParams(stage, { folder: unet, size: 24 }), known)
    assert.deepStrictEqual(bound, { C: 3, R: "[-1,1]", P: "epsilon", H: 24, W: 24 })
    assert.strictEqual((await networkOf(unet, { size: 24 })).imageSize, 24)
  })

  it("takes stage II for what it is", async () => {
    const { enlarges, imageChannels, imageSize } = await networkOf(
      path.join(fixtures!, "stage2", "unet")
    )
    assert.deepStrictEqual([enlarges, imageChannels, imageSize], [true, 3, 32])
  })

  it("finds unet/ and the schedule in a model's folder, and is the same network", async () => {
    const [direct, found] = [await networkOf(unet), await networkOf(whole(), {}, "weights/if")]
    assert.strictEqual(found.content, direct.content)
    assert.deepStrictEqual(found.schedule, direct.schedule)
    const linear = { beta_schedule: "linear", num_train_timesteps: 10 }
    const { schedule } = await networkOf(whole(linear))
    assert.strictEqual(schedule.kind, "linear")
    assert.deepStrictEqual(schedule.betas, [...linearBetas(10, 1e-4, 0.02)])
  })

  it("names the folder as it was written only where that leads there from the project", async () => {
    const folder = copyOf(unet)
    const written = path.relative(process.cwd(), folder)
    assert.strictEqual((await networkOf(folder, {}, written)).folder, written)
    assert.strictEqual((await networkOf(folder, {}, "somewhere/else")).folder, folder)
  })

  it("takes one of several sets of weights, in shards, and is another network by them", async () => {
    const folder = copyOf(unet)
    const tensors = Object.entries(
      Object.fromEntries(decodeSafetensors(readFileSync(path.join(unet, weightsName))).tensors)
    )
    const half = Math.floor(tensors.length / 2)
    const shard = (index: number) =>
      `diffusion_pytorch_model.fp16-0000${index}-of-00002.safetensors`
    const indexName = "diffusion_pytorch_model.safetensors.index.fp16.json"
    writeShards(folder, {
      shards: {
        [shard(1)]: Object.fromEntries(tensors.slice(0, half)),
        [shard(2)]: Object.fromEntries(tensors.slice(half))
      },
      indexName
    })
    const { content, files, variant } = await networkOf(folder, { variant: "fp16" })
    assert.deepStrictEqual(
      files.map(({ name }) => name),
      [indexName, shard(1), shard(2)]
    )
    assert.strictEqual(variant, "fp16")
    const plain = await networkOf(folder)
    assert.strictEqual(plain.content, (await networkOf(unet)).content)
    assert.notStrictEqual(plain.content, content)
  })

  it("is another network when a weight is another", async () => {
    const folder = copyOf(unet)
    const bytes = readFileSync(path.join(folder, weightsName))
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path.join(folder, weightsName), bytes)
    assert.notStrictEqual((await networkOf(folder)).content, (await networkOf(unet)).content)
  })

  describe("refuses", () => {
    it("a folder that is not there, and one without a network in it", async () => {
      assert.include((await refused(path.join(root, "none"))).message, "cannot be read")
      const empty = mkdtempSync(path.join(root, "empty-"))
      writeFileSync(path.join(empty, "readme.txt"), "")
      const { hint, message } = await refused(empty)
      assert.strictEqual(message, `there is no file ${empty}/config.json`)
      assert.include(hint, "as unet/")
    })

    it("missing weights", async () => {
      const folder = copyOf(unet)
      rmSync(path.join(folder, weightsName))
      assert.include((await refused(folder)).message, "holds no safetensors file")
      assert.include((await refused(copyOf(unet), { variant: "fp16" })).message, "the variant fp16")
    })

    it("a shard that is missing or cut off", async () => {
      const folder = mkdtempSync(path.join(root, "shards-"))
      copyFileSync(path.join(unet, "config.json"), path.join(folder, "config.json"))
      const tensors = Object.entries(
        Object.fromEntries(decodeSafetensors(readFileSync(path.join(unet, weightsName))).tensors)
      )
      const names = [1, 2].map(
        (index) => `diffusion_pytorch_model-0000${index}-of-00002.safetensors`
      )
      const shards = {
        [names[0]!]: Object.fromEntries(tensors.slice(0, 400)),
        [names[1]!]: Object.fromEntries(tensors.slice(400))
      }
      const indexName = "diffusion_pytorch_model.safetensors.index.json"
      writeShards(folder, { shards, indexName })
      const second = path.join(folder, names[1]!)
      truncateSync(second, 200_000)
      const cut = await refused(folder)
      assert.include(cut.message, names[1]!)
      assert.match(cut.message, /bytes/)
      rmSync(second)
      assert.include((await refused(folder)).message, `a shard that is not there: ${names[1]}`)
    })

    it("weights of another network", async () => {
      const folder = copyOf(unet)
      const { tensors } = decodeSafetensors(readFileSync(path.join(folder, weightsName)))
      const { "conv_in.bias": _, ...others } = Object.fromEntries(tensors)
      writeFileSync(path.join(folder, weightsName), encodeSafetensors(others))
      const { message } = await refused(folder)
      assert.include(message, "1 missing")
      assert.include(message, "conv_in.bias")
    })

    it("a configuration of another class, of no stage of IF, or that is none", async () => {
      const { message } = await refused(withConfig({ _class_name: "VQModel" }))
      assert.match(
        message,
        /is the configuration of VQModel, where a UNet2DConditionModel is needed/
      )
      assert.include((await refused(withConfig({ in_channels: 6 }))).message, "in_channels is 6")
      assert.include((await refused(withConfig({ act_fn: "silu" }))).message, 'act_fn is "silu"')
      const broken = copyOf(unet)
      writeFileSync(path.join(broken, "config.json"), "{")
      assert.include((await refused(broken)).message, "is not a sound configuration")
    })

    it("a size that its levels cannot halve", async () => {
      const { hint, message } = await refused(unet, { size: 20 })
      assert.strictEqual(message, "the network cannot make images of 20x20 pixels")
      assert.include(hint, "a multiple of 8")
      const { message: unsaid } = await refused(withConfig({ sample_size: null }))
      assert.include(unsaid, "sample_size is null")
    })

    it("schedules of other kinds and predictions", async () => {
      const { message } = await refused(whole({ beta_schedule: "sigmoid" }))
      assert.include(message, 'beta_schedule is "sigmoid"')
      const velocity = await refused(whole({ prediction_type: "v_prediction" }))
      assert.include(velocity.message, 'prediction_type is "v_prediction"')
    })
  })
})

describe.skipIf(fixtures === undefined)("a pipeline with DeepFloyd IF (slow)", () => {
  const project = path.join(root, "project")
  const at = (...parts: ReadonlyArray<string>) => path.join(project, ...parts)
  const width = 48
  const embedding = (seed: number, columns: number) => {
    const data = Float32Array.from({ length: 5 * columns }, (_, i) => Math.sin(seed + 1.3 * i))
    return { dtype: "F32" as const, shape: [1, 5, columns], bytes: new Uint8Array(data.buffer) }
  }
  const writePrompts = (name: string, columns: number) =>
    writeFileSync(
      at(name),
      encodeSafetensors({ "a dog": embedding(1, columns), "": embedding(2, columns) })
    )
  const pipeline = (prompts: string) => `
name: dogs
stages:
  network:
    uses: model/deepfloyd
    with: { folder: weights/if }
  prompts:
    uses: embed/load
    with: { path: ${prompts} }
  dog:
    uses: estimate/model
    in: { network: network.model, conditions: prompts.embedding }
    with: { prompt: "a dog" }
  nothing:
    uses: estimate/model
    in: { network: network.model, conditions: prompts.embedding }
    with: { prompt: "" }
  guided:
    uses: estimate/cfg
    in: { conditional: dog.estimator, unconditional: nothing.estimator }
    with: { scale: 7, convention: gamma }
  samples:
    uses: sample/diffusion
    in: { estimator: guided.estimator }
    with: { count: 2, timesteps: [900, 0], thresholding: { kind: dynamic, ratio: 0.95, maximum: 1.5 } }
`
  const run = (...flags: ReadonlyArray<string>) =>
    ablate(["run", "pipelines/dogs.yaml", "--json", ...flags], { cwd: project })

  it("samples, keeps no weights in the store, and says what is wrong", async () => {
    mkdirSync(at("pipelines"), { recursive: true })
    mkdirSync(at("weights"))
    copyFolder(path.join(fixtures!, "stage1", "unet"), at("weights", "if"))
    writeFileSync(at("ablate.yaml"), "")
    writePrompts("prompts.safetensors", width)
    writePrompts("narrow.safetensors", 24)
    writeFileSync(at("pipelines", "dogs.yaml"), pipeline("prompts.safetensors"))
    const first = await run()
    assert.strictEqual(first.code, 0, `${first.stderr}${first.stdout}`)
    const states = (result: { readonly stdout: string }) =>
      (JSON.parse(result.stdout) as { stages: ReadonlyArray<{ state: string }> }).stages.map(
        ({ state }) => state
      )
    assert.deepStrictEqual(new Set(states(await run())), new Set(["known"]))

    writeFileSync(at("pipelines", "dogs.yaml"), pipeline("narrow.safetensors"))
    const narrow = await run()
    assert.strictEqual(narrow.code, 1)
    assert.include(
      narrow.stderr,
      "input conditions of dog should be Embedding[2,48], not Embedding[2,24]"
    )

    // The same files in another folder are the same network, which says where they were.
    renameSync(at("weights", "if"), at("weights", "moved"))
    const moved = pipeline("prompts.safetensors").replace("weights/if", "weights/moved")
    writeFileSync(at("pipelines", "dogs.yaml"), moved.replace("[900, 0]", "[800, 0]"))
    const stale = await run()
    assert.strictEqual(stale.code, 1)
    assert.include(stale.stderr, `weights/if/${weightsName} is not there any more`)
    assert.include(stale.stdout, "--force")
    const forced = await run("--force", "network")
    assert.strictEqual(forced.code, 0, `${forced.stderr}${forced.stdout}`)

    rmSync(at("weights", "moved"), { recursive: true })
    const gone = await run()
    assert.strictEqual(gone.code, 2)
    assert.include(gone.stdout, "there is no folder `weights/moved`")
  }, 120_000)
})

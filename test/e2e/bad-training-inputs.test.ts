/** Data and checkpoints that do not hold what they should: one message each, and nothing half-written. */
import { assert, beforeAll, describe, it } from "vitest"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import { decodeSafetensors } from "../../src/safetensors/decode.ts"
import { encodeSafetensors } from "../../src/safetensors/encode.ts"
import { idx } from "../data/idx-files.ts"
import { ablate, temporaryFolder } from "../support/project.ts"

const project = temporaryFolder()
const at = (...parts: ReadonlyArray<string>) => path.join(project, ...parts)
const run = (pipeline: string, ...set: ReadonlyArray<string>) =>
  ablate(["run", pipeline, ...set.flatMap((one) => ["-S", `params.${one}`])], { cwd: project })

const training = `
name: training
params: { images: images.idx, labels: labels.idx, batchSize: 4 }
stages:
  digits:
    uses: dataset/idx
    with: { images: "\${params.images}", labels: "\${params.labels}" }
  network:
    uses: model/unet
    with: { channels: 2, time: none, imageSize: 8 }
  train:
    uses: train/denoise
    in: { model: network.model, dataset: digits.dataset }
    with: { sigma: 0.5, epochs: 1, batchSize: "\${params.batchSize}", learningRate: 1e-3 }
  weights:
    uses: model/save
    in: { model: train.model }
    with: { name: trained.safetensors }
`

const sampling = `
name: sampling
params: { path: results/training/trained.safetensors, channels: 2 }
stages:
  network:
    uses: model/load
    with: { path: "\${params.path}", channels: "\${params.channels}", imageSize: 8, prediction: sample }
  weights:
    uses: model/save
    in: { model: network.model }
    with: { name: copy.safetensors }
`

beforeAll(async () => {
  mkdirSync(at("pipelines"))
  writeFileSync(at("ablate.yaml"), "")
  writeFileSync(at("pipelines", "training.yaml"), training)
  writeFileSync(at("pipelines", "sampling.yaml"), sampling)

  const pixels = Array.from({ length: 12 * 64 }, (_, place) => (place * 37) % 256)
  const images = idx(8, [12, 8, 8], pixels)
  const labels = (count: number) =>
    idx(
      8,
      [count],
      Array.from({ length: count }, (_, place) => place % 3)
    )
  writeFileSync(at("images.idx"), images)
  writeFileSync(at("labels.idx"), labels(12))
  writeFileSync(at("nine-labels.idx"), labels(9))
  writeFileSync(at("cut-off.idx"), images.subarray(0, 400))
  writeFileSync(at("cut-off.idx.gz"), gzipSync(images).subarray(0, 60))

  const { code, stderr } = await run("training")
  assert.strictEqual(code, 0, stderr)
  const trained = readFileSync(at("results", "training", "trained.safetensors"))
  writeFileSync(at("cut-off.safetensors"), trained.subarray(0, trained.length - 100))
  const tensors = Object.fromEntries(decodeSafetensors(trained).tensors)
  // As PyTorch would save them: without a word on their network.
  writeFileSync(at("plain.safetensors"), encodeSafetensors(tensors))
  const bytes = Uint8Array.from(tensors["output.bias"]!.bytes)
  new DataView(bytes.buffer).setFloat32(0, NaN, true)
  const spoilt = { ...tensors, "output.bias": { ...tensors["output.bias"]!, bytes } }
  writeFileSync(at("spoilt.safetensors"), encodeSafetensors(spoilt))
}, 60_000)

const cases: ReadonlyArray<
  readonly [what: string, pipeline: string, set: ReadonlyArray<string>, message: RegExp]
> = [
  [
    "an IDX file that is cut off",
    "training",
    ["images=cut-off.idx"],
    /cut-off\.idx is cut off: its header promises 12 × 8 × 8 bytes, 768 in all, and it has 384\n {2}hint: fetch it again/
  ],
  [
    "a compressed one that is cut off",
    "training",
    ["images=cut-off.idx.gz"],
    /cut-off\.idx\.gz is a gzip file that is cut off or damaged\n {2}hint: fetch it again/
  ],
  [
    "images and labels swapped",
    "training",
    ["images=labels.idx", "labels=images.idx"],
    /labels\.idx holds labels where images should be\n {2}hint: are images and labels swapped\?/
  ],
  [
    "labels of other images",
    "training",
    ["labels=nine-labels.idx"],
    /images\.idx has 12 images, but nine-labels\.idx has 9 labels\n {2}hint: use the files of one split/
  ],
  [
    "a batch larger than the data set",
    "training",
    ["batchSize=13"],
    /a batch of 13 is larger than the data set of 12 images\n {2}hint: give `batchSize: 12` or less/
  ],
  [
    "a checkpoint of another width",
    "sampling",
    ["channels=4"],
    /trained\.safetensors is of a model with channels: 2, where the parameters say channels: 4\n {2}hint: write `channels: 2`/
  ],
  [
    "a checkpoint of another width that does not say so",
    "sampling",
    ["path=plain.safetensors", "channels=4"],
    /the weights in plain\.safetensors do not fit the network: enter\.conv1\.conv\.weight is \[2,1,3,3\] where the network has \[4,1,3,3\]/
  ],
  [
    "a checkpoint with NaN",
    "sampling",
    ["path=spoilt.safetensors"],
    /the weights in spoilt\.safetensors are not all finite: output\.bias holds nothing but NaN\n {2}hint: the training that made them diverged/
  ],
  [
    "a checkpoint that is cut off",
    "sampling",
    ["path=cut-off.safetensors"],
    /cut-off\.safetensors is not a sound safetensors file/
  ]
]

describe("a message, and nothing half-written, for", () => {
  it.each(cases)(
    "%s",
    async (_, pipeline, set, message) => {
      const results = () =>
        readdirSync(at("results"), { recursive: true, encoding: "utf8" }).toSorted()
      const before = results()
      const { code, stderr, stdout } = await run(pipeline, ...set)
      assert.strictEqual(code, 1, stderr)
      assert.match(stderr, message)
      assert.notMatch(stderr, /^ +at /m, "a stack trace")
      assert.strictEqual(stdout, "")
      assert.deepStrictEqual(results(), before)
      assert.isFalse(existsSync(at("results", "sampling")))
      assert.deepStrictEqual(readdirSync(at("artifacts", "tmp")), [])
    },
    30_000
  )

  it("and the store is whole after all of them", async () => {
    const { code, stdout, stderr } = await ablate(["store", "verify"], { cwd: project })
    assert.strictEqual(code, 0, stdout + stderr)
  })
})

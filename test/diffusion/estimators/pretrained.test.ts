/** U-Nets of DeepFloyd IF as networks that estimators ask. */
import { assert, beforeAll, describe, it } from "vitest"
import type { Scalar, Tensor1D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { appendFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { pretrainedNetwork } from "../../../src/diffusion/estimators/networks/pretrained.ts"
import { openNetwork } from "../../../src/diffusion/estimators/open-network.ts"
import {
  type PreparedEstimator,
  prepareEstimator
} from "../../../src/diffusion/estimators/prepare-estimator.ts"
import { makeView } from "../../../src/diffusion/estimators/views/make-view.ts"
import { inverseOf, see } from "../../../src/diffusion/estimators/views/view.ts"
import {
  sampleEstimator,
  type WalkSettings
} from "../../../src/diffusion/sampling/sample-estimator.ts"
import { noiseBatch } from "../../../src/diffusion/sampling/sample-batches.ts"
import { planSampling } from "../../../src/diffusion/stepping/plan.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import type {
  Embedding,
  Estimator,
  EstimatorTree,
  Images,
  Pretrained
} from "../../../src/values/values.ts"
import { userError } from "../../engine/weights/files.ts"
import { largestError, readReference } from "../../parity/if/reference.ts"
import { copyFolder, pretrainedIn, stageFolder } from "../../support/if-network.ts"
import { sharedFile, temporaryFolder } from "../../support/project.ts"

const fixtures = sharedFile("fixtures", "if")
/** Of one pass (`unet-check.ts`). */
const tolerance = 2e-5

const tokens = 5
const width = 48
const numbers = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(phase + 1.7 * i))
const text: Embedding = {
  type: "Embedding",
  kind: "text",
  prompts: ["a dog", ""],
  shape: [2, tokens, width],
  data: numbers(2 * tokens * width, 1)
}
const small: Images = {
  type: "Images",
  shape: [1, 4, 4, 3],
  range: "[-1,1]",
  data: numbers(48, 2)
}

const leaf = (prompt: string | undefined, noiseLevel?: number): EstimatorTree => ({
  kind: "network",
  network: 0,
  ...(prompt === undefined ? {} : { condition: { embedding: 0, prompt } }),
  ...(noiseLevel === undefined ? {} : { enlarge: { images: 0, noiseLevel } })
})
const estimatorOf = (
  tree: EstimatorTree,
  network: Pretrained,
  parts: Partial<Pick<Estimator, "embeddings" | "images">> = {}
): Estimator => ({
  type: "Estimator",
  tree,
  networks: [network],
  embeddings: [text],
  images: [],
  ...parts
})
const noiseFor =
  (items: ReadonlyArray<number>, side: number, seed = 3) =>
  (stream: string): Tensor4D =>
    noiseBatch(seed, stream, items, [side, side, 3])
const sampled = async (
  prepared: PreparedEstimator,
  settings: WalkSettings,
  count: number,
  batchSize: number,
  seed = 5
): Promise<Float32Array> => {
  const labels = Array.from({ length: count }, () => "")
  const params = { seed, batchSize, frames: 2, thresholding: "clip" } as const
  const context = { progress: () => {}, signal: new AbortController().signal }
  const { images } = await sampleEstimator(prepared, "[-1,1]", params, settings, labels, context)
  return images.data
}

/** What ONNX Runtime's binding makes sessions by. */
interface SessionMaking {
  loadModel(
    buffer: ArrayBuffer,
    byteOffset: number,
    byteLength: number,
    ...more: ReadonlyArray<unknown>
  ): void
}
/** A model without its weights, which lie in their file; those of a sampler's own steps have a few thousand. */
const networkBytes = 100_000

const largest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe.skipIf(fixtures === undefined)("a pretrained network", () => {
  let stage1: Pretrained
  let stage2: Pretrained
  beforeAll(async () => {
    stage1 = await pretrainedIn(stageFolder(fixtures!, "stage1"))
    stage2 = await pretrainedIn(stageFolder(fixtures!, "stage2"))
  })

  it.each(["stage1", "stage2"] as const)(
    "splits what the reference's network says into noise and variance: %s",
    (stage) => {
      const reference = readReference(path.join(fixtures!, stage, "io.safetensors"))
      const network = pretrainedNetwork(stage === "stage1" ? stage1 : stage2)
      const whole = tf.tidy(() => {
        const sample = reference.image("sample")
        const [x, images] =
          stage === "stage1" ? [sample] : (tf.split(sample, 2, 3) as [Tensor4D, Tensor4D])
        const beside =
          images === undefined
            ? undefined
            : { images, noiseLevels: reference.tensor("class_labels") as Tensor1D }
        const time = tf.reshape(reference.tensor("scalar_timestep"), []) as Scalar
        const conditions = reference.tensor("encoder_hidden_states") as Tensor3D
        const { prediction, variance } = network.evaluate(
          network.weights,
          x,
          tf.cast(time, "float32"),
          conditions,
          beside
        )
        const joined = tf.transpose(tf.concat([prediction, variance!], 3), [0, 3, 1, 2])
        return largestError(joined, reference.expected("output_scalar_timestep"))
      })
      tf.dispose(network.weights)
      assert.isAtMost(whole, tolerance)
    }
  )

  it("is told the timestep whose ᾱ x has", () => {
    const { at, weights } = pretrainedNetwork(stage1)
    for (const timestep of [0, 1, 250, 998, 999]) {
      const seen = at(stage1.schedule.alphaBar[timestep]!)
      assert.deepStrictEqual(seen, { scale: 1, time: timestep })
    }
    tf.dispose(weights)
  })

  it("is given the small image with corner on corner and with noise, seen as x is seen", () => {
    const [side, level] = [32, 250]
    const view = "flip-vertical"
    const tree: EstimatorTree = { kind: "viewed", view, of: leaf("a dog", level) }
    const estimator = estimatorOf(tree, stage2, { images: [small] })
    const prepared = prepareEstimator(estimator, openNetwork)
    const network = pretrainedNetwork(stage2)
    const ratio = stage2.schedule.alphaBar[500]!
    const items = [4, 7]
    const [found, variance, expected, expectedVariance] = computeAll(() => {
      const x = noiseFor(items, side)("x")
      const told = prepared.tell(items, noiseFor(items, side))
      const at = tf.tensor1d([...prepared.numbersAt(ratio)])
      const answer = prepared.evaluate(prepared.weights, told, x, at)
      // By hand: bilinear between corners, then the noise of the level.
      const flipped = makeView(view, side, side)
      const corner = (index: number) => (index * 3) / (side - 1)
      const large = tf.tidy(() => {
        const along = tf.tensor2d(
          Float32Array.from({ length: side * 4 }, (_, i) =>
            Math.max(0, 1 - Math.abs(corner(Math.floor(i / 4)) - (i % 4)))
          ),
          [side, 4]
        )
        const pixels = tf.tensor3d(small.data, [4, 4, 3])
        const rows = tf.matMul(along, tf.reshape(pixels, [4, 12]))
        const columns = tf.transpose(tf.reshape(rows, [side, 4, 3]), [1, 0, 2])
        const both = tf.matMul(along, tf.reshape(columns, [4, side * 3]))
        return tf.transpose(tf.reshape(both, [side, side, 3]), [1, 0, 2])
      })
      const kept = stage2.schedule.alphaBar[level]!
      const noise = noiseFor(items, side)("small image noise")
      const noised = tf.add<Tensor4D>(
        tf.mul(large, Math.sqrt(kept)),
        tf.mul(noise, Math.sqrt(1 - kept))
      )
      const row = network.condition({ embedding: text, prompt: "a dog" })!
      const byHand = network.evaluate(
        network.weights,
        see(x, flipped),
        tf.scalar(500),
        tf.tile(row, [2, 1, 1]),
        { images: see(noised, flipped), noiseLevels: tf.tensor1d([level, level]) }
      )
      const back = inverseOf(flipped)
      return [
        answer.prediction,
        answer.variance!,
        see(byHand.prediction, back),
        see(byHand.variance!, back)
      ]
    })
    prepared.dispose()
    tf.dispose(network.weights)
    assert.isAtMost(largest(found!, expected!), tolerance)
    assert.isAtMost(largest(variance!, expectedVariance!), tolerance)
  })

  it("gives each sample its own noise on the small image, alone and among others", () => {
    const estimator = estimatorOf(leaf("", 250), stage2, { images: [small] })
    const prepared = prepareEstimator(estimator, openNetwork)
    const told = (items: ReadonlyArray<number>) =>
      computeAll(() =>
        Object.values(prepared.tell(items, noiseFor(items, 32)).small).map(({ images }) => images)
      )[0]!
    const [both, second] = [told([0, 1]), told([1])]
    prepared.dispose()
    assert.deepStrictEqual(both.slice(both.length / 2), second)
    assert.isAbove(largest(both.slice(0, both.length / 2), second), 0.5)
  })

  it("makes the same samples again, whatever is computed together", async () => {
    const guided: EstimatorTree = {
      kind: "guided",
      unconditional: leaf("", 100),
      conditional: leaf("a dog", 100),
      gamma: 4
    }
    const prepared = prepareEstimator(estimatorOf(guided, stage2, { images: [small] }), openNetwork)
    assert.isFalse(prepared.recorded)
    const plan = planSampling({
      alphaBar: stage2.schedule.alphaBar,
      timesteps: [900, 400, 0],
      end: "clean",
      prediction: prepared.prediction,
      sampler: { kind: "ddpm", variance: "learned-range" }
    })
    const sample = (count: number, batchSize: number, seed = 5) =>
      sampled(prepared, { plan }, count, batchSize, seed)
    const three = await sample(3, 4)
    assert.deepStrictEqual(await sample(3, 2), three)
    assert.deepStrictEqual(await sample(1, 2), three.slice(0, three.length / 3))
    assert.isAbove(largest(await sample(3, 4, 6), three), 0.1)
    prepared.dispose()
  }, 120_000)

  it("is one program at all steps, which is made once", async () => {
    const { binding } = createRequire(import.meta.url)("onnxruntime-node/dist/binding.js") as {
      readonly binding: { InferenceSession: new () => SessionMaking }
    }
    const made: Array<number> = []
    const { InferenceSession } = binding
    binding.InferenceSession = class extends InferenceSession {
      override loadModel(...args: Parameters<SessionMaking["loadModel"]>) {
        made.push(args[2])
        super.loadModel(...args)
      }
    }
    // Of a size that no other test has, so that its program is not there yet.
    const prepared = prepareEstimator(
      estimatorOf(leaf("a dog", 100), { ...stage2, imageSize: 48 }, { images: [small] }),
      openNetwork
    )
    try {
      const plan = planSampling({
        alphaBar: stage2.schedule.alphaBar,
        timesteps: [900, 400, 0],
        end: "clean",
        prediction: prepared.prediction,
        sampler: { kind: "ddpm", variance: "learned-range" }
      })
      await sampled(prepared, { plan }, 2, 2)
    } finally {
      binding.InferenceSession = InferenceSession
      prepared.dispose()
    }
    assert.lengthOf(
      made.filter((modelBytes) => modelBytes > networkBytes),
      1
    )
    assert.isAbove(made.length, 1)
  }, 60_000)

  it("leaves no tensor behind", () => {
    const before = tf.memory().numTensors
    const prepared = prepareEstimator(
      estimatorOf(leaf("a dog", 9), stage2, { images: [small] }),
      openNetwork
    )
    const told = prepared.tell([0, 1], noiseFor([0, 1], 32))
    tf.dispose([told.conditions, told.small])
    prepared.dispose()
    assert.strictEqual(tf.memory().numTensors, before)
  })

  describe("is refused", () => {
    const refused = (estimator: Estimator) =>
      userError(() => prepareEstimator(estimator, openNetwork))

    it("conditions of another width, of classes, or none", () => {
      const narrow = { ...text, shape: [2, tokens, 24] as const, data: numbers(240, 0) }
      assert.strictEqual(
        refused(estimatorOf(leaf("a dog"), stage1, { embeddings: [narrow] })).message,
        "the network is told texts of 48 numbers a token, not text of 5 × 24"
      )
      const classes = { ...text, kind: "classes" as const }
      const { hint, message } = refused(
        estimatorOf(leaf("a dog"), stage1, { embeddings: [classes] })
      )
      assert.include(message, "not classes of 5 × 48")
      assert.include(hint, "embed/text")
      assert.include(refused(estimatorOf(leaf(undefined), stage1)).message, "has to be told a text")
    })

    it("texts of different lengths in one step", () => {
      const longer = { ...text, prompts: ["longer"], shape: [1, 7, width] as const }
      const estimator = estimatorOf(
        {
          kind: "guided",
          unconditional: leaf(""),
          conditional: {
            kind: "network",
            network: 0,
            condition: { embedding: 1, prompt: "longer" }
          },
          gamma: 2
        },
        stage1,
        { embeddings: [text, { ...longer, data: numbers(7 * width, 4) }] }
      )
      assert.include(refused(estimator).message, "conditions of 1 × 5 × 48 and of 1 × 7 × 48")
    })

    it("images where it enlarges none, and none where it does", () => {
      const given = estimatorOf(leaf("", 250), stage1, { images: [small] })
      assert.include(refused(given).message, "does not enlarge is given images")
      assert.include(refused(estimatorOf(leaf(""), stage2)).message, "is asked without images")
    })

    it("a noise level that it has not, too few images, and no noise", () => {
      const tell = (tree: EstimatorTree, images: Images, noise = true) => {
        const prepared = prepareEstimator(
          estimatorOf(tree, stage2, { images: [images] }),
          openNetwork
        )
        const { message } = userError(() =>
          tf.tidy(() => void prepared.tell([0, 2], noise ? noiseFor([0, 2], 32) : undefined))
        )
        prepared.dispose()
        return message
      }
      assert.include(tell(leaf("", 1000), small), "no noise level 1000")
      const two: Images = { ...small, shape: [2, 4, 4, 3], data: numbers(96, 0) }
      assert.include(
        tell(leaf("", 250), two),
        "there are 2 images to enlarge, and none for sample 2"
      )
      assert.include(tell(leaf("", 250), small, false), "noise has to be added")
    })

    it("files that have changed or gone since", async () => {
      const folder = path.join(temporaryFolder(), "unet")
      copyFolder(stageFolder(fixtures!, "stage1"), folder)
      const network = await pretrainedIn(folder)
      const weights = path.join(folder, "diffusion_pytorch_model.safetensors")
      appendFileSync(weights, "x")
      const changed = refused(estimatorOf(leaf(""), network))
      assert.include(changed.message, `${weights} has changed`)
      assert.include(changed.hint, "--force")
      rmSync(weights)
      assert.include(
        refused(estimatorOf(leaf(""), network)).message,
        `${weights} is not there any more`
      )
    })
  })
})

import type { Tensor4D } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import { inpainting, inpaintingRules } from "../../../src/diffusion/editing/inpainting.ts"
import { trainedNetwork } from "../../../src/diffusion/estimators/networks/trained.ts"
import {
  type PreparedEstimator,
  prepareEstimator
} from "../../../src/diffusion/estimators/prepare-estimator.ts"
import { estimateOnce } from "../../../src/diffusion/sampling/estimate-once.ts"
import { sampleEstimator } from "../../../src/diffusion/sampling/sample-estimator.ts"
import { alphaBar, cosineBetas } from "../../../src/diffusion/schedule.ts"
import { planSampling } from "../../../src/diffusion/stepping/plan.ts"
import type { Sampler } from "../../../src/diffusion/stepping/samplers.ts"
import { normals } from "../../../src/engine/random/streams.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Estimator, Mask, Model } from "../../../src/values/values.ts"
import { unetModel } from "../../stages/sample/models.ts"

const size = 8
const betas = cosineBetas(100)
const schedule = { kind: "cosine", betas: [...betas], alphaBar: [...alphaBar(betas)] }
const model: Model = unetModel({ time: "add", classes: 0 }, { prediction: "epsilon", schedule })
const estimator: Estimator = {
  type: "Estimator",
  tree: { kind: "network", network: 0 },
  networks: [model],
  embeddings: [],
  images: []
}
const context = { progress: () => {}, signal: new AbortController().signal }
const settings = { seed: 7, batchSize: 64, frames: 2, thresholding: "none" } as const
const timesteps = Array.from({ length: 20 }, (_, i) => 95 - 5 * i)

const planOf = (sampler: Sampler, list: ReadonlyArray<number> = timesteps) =>
  planSampling({ ...schedule, timesteps: list, end: "clean", prediction: "epsilon", sampler })
const ddpm: Sampler = { kind: "ddpm", variance: "fixed-large" }

const picture = Float32Array.from({ length: size * size }, (_, i) => Math.sin(1.3 * i))
/** Knows the image: what it says of the noise is true wherever x is. */
const perfect = (): PreparedEstimator => {
  const prepared = prepareEstimator(estimator, (network) => ({
    ...trainedNetwork(network as Model),
    key: "perfect",
    at: (ratio) => ({ scale: 1, time: ratio }),
    evaluate: (_weights, x, time) => {
      const clean = tf.tensor4d(picture, [1, size, size, 1])
      const away = tf.sub(x, tf.mul(clean, tf.sqrt(time)))
      return { prediction: tf.div<Tensor4D>(away, tf.sqrt(tf.sub(1, time))) }
    }
  }))
  return prepared
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe("a perfect estimate", () => {
  it.each([
    { kind: "ddim", eta: 0 },
    { kind: "ddim", eta: 1 },
    { kind: "euler" },
    { kind: "heun" },
    { kind: "dpm-solver++" },
    ddpm
  ] as ReadonlyArray<Sampler>)("leads to the image, by %o", async (sampler) => {
    const prepared = perfect()
    const { images } = await sampleEstimator(
      prepared,
      "[-1,1]",
      settings,
      { plan: planOf(sampler) },
      ["", ""],
      context
    )
    prepared.dispose()
    assert.isBelow(largest(images.data.subarray(0, size * size), picture), 1e-4)
    assert.isBelow(largest(images.data.subarray(size * size), picture), 1e-4)
  })

  it("gives the image back in one step, whatever noise was added", async () => {
    const prepared = perfect()
    const levels = [0.9, 0.5, 0.1]
    const noise = normals(3, "noise", size * size, [0, 1, 2])
    const noisy = Float32Array.from(noise, (value, i) => {
      const at = levels[Math.floor(i / (size * size))]!
      return Math.sqrt(at) * picture[i % (size * size)]! + Math.sqrt(1 - at) * value
    })
    const clean = await estimateOnce(
      prepared,
      { shape: [3, size, size, 1], data: noisy },
      levels,
      { batchSize: 64, thresholding: { kind: "none" } },
      context
    )
    prepared.dispose()
    for (const start of [0, 1, 2]) {
      const one = clean.subarray(start * size * size, (start + 1) * size * size)
      assert.isBelow(largest(one, picture), 5e-6)
    }
  })
})

const walk = async (
  count: number,
  sampler: Sampler = ddpm,
  more: Partial<Parameters<typeof sampleEstimator>[3]> = {},
  batchSize = 64
) => {
  const prepared = prepareEstimator(estimator, (network) => trainedNetwork(network as Model))
  try {
    const { images } = await sampleEstimator(
      prepared,
      "[0,1]",
      { ...settings, batchSize },
      { plan: planOf(sampler), ...more },
      Array.from({ length: count }, () => ""),
      context
    )
    return images.data
  } finally {
    prepared.dispose()
  }
}

describe("samples of an estimator", () => {
  it("are the same alone and among others, in batches of any size", async () => {
    const all = await walk(5)
    assert.deepStrictEqual(await walk(1), all.subarray(0, size * size))
    assert.deepStrictEqual(await walk(5, ddpm, {}, 2), all)
  })

  it("differ by sampler and by seed, but not from run to run", async () => {
    assert.deepStrictEqual(await walk(2), await walk(2))
    assert.notDeepEqual(await walk(2, { kind: "ddim", eta: 0 }), await walk(2))
  })

  it("leave no tensor behind", async () => {
    await walk(2, { kind: "heun" })
    const before = tf.memory().numTensors
    await walk(2, { kind: "heun" })
    await walk(2, { kind: "dpm-solver++" })
    await walk(2, { kind: "dpm-solver++" })
    assert.isAtMost(tf.memory().numTensors, before + 4)
  })
})

describe("samples of a network that enlarges", () => {
  const enlarger = (steps: number): Estimator => {
    const own = cosineBetas(steps)
    const fresh = unetModel(
      { time: "add", classes: 0, enlarges: 2 },
      {
        prediction: "epsilon",
        schedule: { kind: "cosine", betas: [...own], alphaBar: [...alphaBar(own)] }
      }
    )
    // What it is told of the noise in the small image counts.
    const name = "level1.fc2.weight"
    const { data, shape } = fresh.weights[name]!
    const told = { shape, data: (data as Float32Array).map((weight) => 100 * weight) }
    const model = { ...fresh, weights: { ...fresh.weights, [name]: told } }
    return {
      type: "Estimator",
      tree: { kind: "network", network: 0, enlarge: { images: 0, noiseLevel: 8 } },
      networks: [model],
      embeddings: [],
      images: [{ type: "Images", shape: [1, 4, 4, 1], range: "[0,1]", data: picture.slice(0, 16) }]
    }
  }
  const sampled = async (steps: number, { count = 1, recorded = true } = {}) => {
    const prepared = prepareEstimator(enlarger(steps), (network) => ({
      ...trainedNetwork(network as Model),
      recorded
    }))
    const plan = planSampling({
      alphaBar: prepared.schedules[0]!,
      timesteps: [8, 4, 0],
      end: "clean",
      prediction: "epsilon",
      sampler: ddpm
    })
    const labels = Array.from({ length: count }, () => "")
    const { images } = await sampleEstimator(prepared, "[0,1]", settings, { plan }, labels, context)
    prepared.dispose()
    return images.data
  }
  it("do not depend on what was sampled before in the process", async () => {
    await sampled(10)
    const unrecorded = await sampled(100, { recorded: false })
    assert.isBelow(largest(await sampled(100), unrecorded), 1e-5)
    assert.isAbove(largest(await sampled(10), unrecorded), 1e-2)
  })
  it("are the same alone and among others", async () => {
    assert.deepStrictEqual(
      await sampled(100),
      (await sampled(100, { count: 3 })).subarray(0, size * size)
    )
  })
})

const mask: Mask = {
  type: "Mask",
  shape: [size, size],
  data: Float32Array.from({ length: size * size }, (_, i) => (i % size < 3 ? 1 : 0))
}

describe("inpainting", () => {
  it.each(inpaintingRules)("by the rule %s keeps the rest to the last bit", async (rule) => {
    const kept = {
      images: { shape: [1, size, size, 1] as const, data: picture },
      each: 3,
      mask
    }
    const plan = planOf(ddpm)
    const data = await walk(3, ddpm, inpainting(rule, plan, kept, { length: 4, resamplings: 2 }))
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length)
    const expected = new Uint32Array(picture.buffer)
    let fresh = 0
    for (const [i, value] of bits.entries()) {
      const pixel = i % (size * size)
      if (mask.data[pixel] === 0) assert.strictEqual(value, expected[pixel])
      else if (value !== expected[pixel]) fresh += 1
    }
    assert.strictEqual(fresh, 3 * 3 * size)
  })
})

import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { UserError } from "../../../src/base/user-error.ts"
import { alphaBar, cosineBetas } from "../../../src/diffusion/schedule.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { TorchCpuGenerator } from "../../../src/engine/random/torch-cpu.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Images, NoiseSchedule } from "../../../src/values/values.ts"
import add from "../../../stages/noise/add.ts"
import { checkStage, decodeExample, decodeParams, runStage } from "../../support/run-stage.ts"

const betas = cosineBetas(1000)
const schedule: NoiseSchedule = {
  type: "NoiseSchedule",
  kind: "cosine",
  betas: [...betas],
  alphaBar: [...alphaBar(betas)]
}
const [height, width, channels] = [4, 5, 3]
const size = height * width * channels
const images = (count: number, labels?: ReadonlyArray<string>): Images => ({
  type: "Images",
  shape: [count, height, width, channels],
  range: "[-1,1]",
  data: Float32Array.from({ length: count * size }, (_, i) => Math.sin(i)),
  ...(labels === undefined ? {} : { labels })
})
const part = (images: Images, index: number) => images.data.slice(index * size, (index + 1) * size)
const atTimesteps = (image: Images, params: object) => runStage(add, { image, schedule }, params)
const atSigmas = (image: Images, params: object) =>
  runStage(add, { image, schedule: undefined }, params)

describe("noise/add at timesteps", () => {
  it("is √ᾱ x0 + √(1-ᾱ) ε with the ε that it gives out", async () => {
    const image = images(2)
    const timesteps = [0, 250, 999]
    const { noise, noisy } = await atTimesteps(image, { timesteps, seed: 180 })
    assert.deepStrictEqual(noisy.shape, [6, height, width, channels])
    for (let i = 0; i < 2; i++) {
      for (const [level, t] of timesteps.entries()) {
        const signal = schedule.alphaBar[t]!
        const [x0, e] = [part(image, i), part(noise, i * 3 + level)]
        for (const [j, value] of part(noisy, i * 3 + level).entries()) {
          const expected = Math.sqrt(signal) * x0[j]! + Math.sqrt(1 - signal) * e[j]!
          assert.closeTo(value, expected, 1e-6)
        }
      }
    }
  })

  it("labels by level, and by image where there are several", async () => {
    const one = await atTimesteps(images(1, ["astronaut"]), { timesteps: [250, 500] })
    assert.deepStrictEqual(one.noisy.labels, ["t=250", "t=500"])
    assert.deepStrictEqual(one.noise.labels, ["t=250", "t=500"])
    const named = await atTimesteps(images(2, ["cat", "dog"]), { timesteps: [1, 2] })
    assert.deepStrictEqual(named.noisy.labels, ["cat t=1", "cat t=2", "dog t=1", "dog t=2"])
    const unnamed = await atTimesteps(images(2), { timesteps: 7 })
    assert.deepStrictEqual(unnamed.noisy.labels, ["0 t=7", "1 t=7"])
  })

  it("refuses a timestep beyond a schedule whose length was not known before", async () => {
    const failure = await atTimesteps(images(1), { timesteps: 1000 }).catch(
      (error: unknown) => error
    )
    assert.instanceOf(failure, UserError)
    assert.include(failure.message, "timestep 1000 is beyond the schedule, whose last is 999")
  })
})

describe("noise/add with deviations", () => {
  it("is x0 + σ ε and needs no schedule", async () => {
    const image = images(1)
    const { noise, noisy } = await atSigmas(image, { sigmas: [0, 0.5] })
    assert.deepStrictEqual(part(noisy, 0), image.data)
    for (const [j, value] of part(noisy, 1).entries()) {
      assert.closeTo(value, image.data[j]! + 0.5 * part(noise, 1)[j]!, 5e-7)
    }
    assert.deepStrictEqual(noisy.labels, ["σ=0", "σ=0.5"])
    assert.strictEqual(noisy.range, image.range)
  })
})

describe("the noise", () => {
  it("is image i's item of the named stream, the same at all levels", async () => {
    const { noise } = await atTimesteps(images(2), { timesteps: [3, 5], seed: 7, stream: "eps" })
    for (let index = 0; index < 4; index++) {
      assert.deepStrictEqual(part(noise, index), normal(7, "eps", size, Math.floor(index / 2)))
    }
  })

  it("is drawn for each level by itself on request", async () => {
    const { noise } = await atTimesteps(images(2), {
      timesteps: [3, 5],
      seed: 7,
      noise: "independent"
    })
    const streams = ["noise/t=3", "noise/t=5"]
    for (let index = 0; index < 4; index++) {
      const expected = normal(7, streams[index % 2]!, size, Math.floor(index / 2))
      assert.deepStrictEqual(part(noise, index), expected)
    }
  })

  it("of one image and level depends on no other image, no other level and not on their order", async () => {
    const level = fc.uniqueArray(fc.nat(999), { minLength: 1, maxLength: 4 })
    const count = fc.integer({ min: 1, max: 3 })
    const kind = fc.constantFrom("shared", "independent")
    await fc.assert(
      fc.asyncProperty(level, count, kind, async (timesteps, count, noise) => {
        const whole = await atTimesteps(images(3), { timesteps: timesteps.toReversed(), noise })
        const some = await atTimesteps(images(count), { timesteps, noise })
        for (let i = 0; i < count; i++) {
          for (const level of timesteps.keys()) {
            const other = i * timesteps.length + timesteps.length - 1 - level
            const index = i * timesteps.length + level
            assert.deepStrictEqual(part(some.noisy, index), part(whole.noisy, other))
          }
        }
      }),
      { numRuns: 10 }
    )
  })

  it("of torch-cpu is one randn_like of the batch [N,C,H,W]", async () => {
    const { noise } = await atTimesteps(images(2), {
      timesteps: [3, 5],
      seed: 100,
      generator: "torch-cpu"
    })
    const drawn = new TorchCpuGenerator(100).randn(2 * size)
    for (let index = 0; index < 4; index++) {
      const found = part(noise, index)
      for (let c = 0; c < channels; c++) {
        for (let pixel = 0; pixel < height * width; pixel++) {
          const expected = drawn[Math.floor(index / 2) * size + c * height * width + pixel]
          assert.strictEqual(found[pixel * channels + c], expected)
        }
      }
    }
  })

  it("of torch-cpu is one randn_like a level, in their order, when independent", async () => {
    const { noise } = await atTimesteps(images(1), {
      timesteps: [3, 5],
      seed: 100,
      generator: "torch-cpu",
      noise: "independent"
    })
    const generator = new TorchCpuGenerator(100)
    const [first, second] = [generator.randn(size), generator.randn(size)]
    assert.deepStrictEqual(part(noise, 0).toSorted(), first.toSorted())
    assert.deepStrictEqual(part(noise, 1).toSorted(), second.toSorted())
    assert.strictEqual(part(noise, 1)[0], second[0])
  })
})

describe("noise/add", () => {
  it("says how many images it makes, as soon as it knows how many it gets", () => {
    const known = (dims: object) => ({ dims: { ...dims }, attributes: {}, connected: {} })
    const three = decodeParams(add, { timesteps: [1, 2, 3] })
    assert.deepStrictEqual(add.bind!(three, known({ N: 2 })), { M: 6 })
    assert.deepStrictEqual(add.bind!(three, known({})), {})
    assert.deepStrictEqual(add.bind!(decodeParams(add, { sigmas: 0.5 }), known({ N: 2 })), { M: 2 })
  })

  it("leaves no tensor behind and reports every image", async () => {
    await atSigmas(images(1), { sigmas: 1 })
    const before = tf.memory().numTensors
    const reported: Array<unknown> = []
    await runStage(
      add,
      { image: images(2), schedule },
      { timesteps: [1, 2] },
      {
        progress: (done, total, unit) => reported.push([done, total, unit])
      }
    )
    assert.strictEqual(tf.memory().numTensors, before)
    assert.deepStrictEqual(
      reported,
      [1, 2, 3, 4].map((done) => [done, 4, "images"])
    )
  })

  it("takes one list of levels, and a schedule exactly for timesteps", () => {
    const withSchedule = { connected: { image: 1, schedule: 1 } }
    const without = { connected: { image: 1, schedule: 0 } }
    const paths = (params: object, known: object) =>
      checkStage(add, params, known).map(({ path }) => path)
    assert.deepStrictEqual(paths({ timesteps: [1] }, withSchedule), [])
    assert.deepStrictEqual(paths({ sigmas: [1] }, without), [])
    assert.deepStrictEqual(paths({}, without), [[]])
    assert.deepStrictEqual(paths({ timesteps: 1, sigmas: 1 }, withSchedule), [["sigmas"]])
    assert.deepStrictEqual(paths({ timesteps: 1 }, without), [["timesteps"]])
    assert.deepStrictEqual(paths({ sigmas: 1 }, withSchedule), [["sigmas"]])
  })

  it("finds timesteps beyond the schedule and repeated levels, each in its place", () => {
    const known = { dims: { T: 1000 }, connected: { image: 1, schedule: 1 } }
    const found = checkStage(add, { timesteps: [999, 1000, 5, 5, 2000] }, known)
    assert.deepStrictEqual(
      found.map(({ path }) => path),
      [
        ["timesteps", 1],
        ["timesteps", 4],
        ["timesteps", 3]
      ]
    )
    assert.include(found[0]!.message, "1000")
    assert.deepStrictEqual(checkStage(add, { timesteps: 1000 }, known)[0]!.path, ["timesteps"])
  })

  it("has no streams with torch-cpu", () => {
    const known = { connected: { image: 1, schedule: 1 } }
    const params = { timesteps: 1, generator: "torch-cpu", stream: "other" }
    assert.deepStrictEqual(checkStage(add, params, known)[0]!.path, ["stream"])
  })

  it("refuses levels that are none", () => {
    for (const params of [
      { timesteps: -1 },
      { timesteps: 1.5 },
      { timesteps: [] },
      { sigmas: -0.1 },
      { sigmas: [] }
    ]) {
      assert.throws(() => decodeParams(add, params))
    }
  })

  it("has an example that is right", () => {
    const { inputs, params, uses } = decodeExample(add)
    assert.strictEqual(uses, "noise/add")
    assert.deepStrictEqual(inputs, Object.keys(add.inputs))
    assert.deepStrictEqual(params.timesteps, [250, 500, 750])
  })
})

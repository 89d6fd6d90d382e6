import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { canonicalJson } from "../../../src/base/json.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Images, PixelRange } from "../../../src/values/values.ts"
import evaluate from "../../../stages/evaluate/image-metrics.ts"
import { checkStage, decodeExample, decodeParams, runStage } from "../../support/run-stage.ts"

const size = 12 * 13 * 2
const images = (
  parts: ReadonlyArray<Float32Array>,
  range: PixelRange = "[-1,1]",
  labels?: ReadonlyArray<string>
): Images => ({
  type: "Images",
  shape: [parts.length, 12, 13, 2],
  range,
  data: Float32Array.from(parts.flatMap((part) => [...part])),
  ...(labels === undefined ? {} : { labels })
})
const clean = normal(1, "clean", size)
/** `clean` moved by a constant: its mean squared error is the constant's square. */
const moved = (by: number) => clean.map((value) => value + by)

describe("evaluate/image-metrics", () => {
  it("gives a row an image, and the means", async () => {
    const { metrics } = await runStage(evaluate, {
      images: images([moved(0.5), moved(0.25)], "[-1,1]", ["t=1", "t=2"]),
      reference: images([clean])
    })
    const [first, second] = metrics.series
    assert.deepStrictEqual(Object.keys(first!), [
      "index",
      "label",
      "mse",
      "psnr",
      "ssim",
      "identical"
    ])
    assert.deepStrictEqual([first!["index"], first!["label"]], [0, "t=1"])
    assert.deepStrictEqual([second!["index"], second!["label"]], [1, "t=2"])
    assert.closeTo(first!["mse"] as number, 0.25, 1e-6)
    assert.closeTo(second!["mse"] as number, 0.0625, 1e-6)
    // Peak 2: 10 log10(4 / 0.25)
    assert.closeTo(first!["psnr"] as number, 12.0412, 1e-4)
    for (const name of ["mse", "psnr", "ssim"]) {
      const mean = ((first![name] as number) + (second![name] as number)) / 2
      assert.closeTo(metrics.scalars[name]!, mean, 1e-12)
    }
    assert.strictEqual(metrics.scalars["identical"], 0)
  })

  it("measures PSNR and SSIM by the length of the pixel range", async () => {
    const measure = async (range: PixelRange) => {
      const inputs = { images: images([moved(0.5)], range), reference: images([clean], range) }
      return (await runStage(evaluate, inputs)).metrics.scalars
    }
    const [wide, narrow] = [await measure("[-1,1]"), await measure("[0,1]")]
    assert.closeTo(wide["psnr"]! - narrow["psnr"]!, 20 * Math.log10(2), 1e-9)
    assert.notStrictEqual(wide["ssim"], narrow["ssim"])
  })

  it("compares each image with its own reference where there is one for each", async () => {
    const { metrics } = await runStage(evaluate, {
      images: images([moved(1), moved(3)]),
      reference: images([moved(1.5), moved(1)])
    })
    assert.closeTo(metrics.series[0]!["mse"] as number, 0.25, 1e-6)
    assert.closeTo(metrics.series[1]!["mse"] as number, 4, 1e-5)
  })

  it("tells equal images by `identical` in place of an infinite PSNR, so that JSON can hold it", async () => {
    const inputs = { images: images([clean, moved(0.5)]), reference: images([clean]) }
    const { metrics } = await runStage(evaluate, inputs)
    const [same, other] = metrics.series
    assert.deepStrictEqual(same, { index: 0, label: "0", mse: 0, ssim: 1, identical: 1 })
    assert.strictEqual(other!["identical"], 0)
    assert.strictEqual(metrics.scalars["psnr"], other!["psnr"])
    assert.strictEqual(metrics.scalars["identical"], 1)
    assert.include(canonicalJson(metrics), '"identical":1')
    const all = await runStage(evaluate, { images: images([clean]), reference: images([clean]) })
    assert.deepStrictEqual(all.metrics.scalars, { mse: 0, ssim: 1, identical: 1 })
  })

  it("computes only what is asked for", async () => {
    const inputs = { images: images([moved(0.5)]), reference: images([clean]) }
    const { metrics } = await runStage(evaluate, inputs, { metrics: ["psnr"] })
    assert.deepStrictEqual(Object.keys(metrics.scalars), ["psnr", "identical"])
    assert.deepStrictEqual(Object.keys(metrics.series[0]!), ["index", "label", "psnr", "identical"])
  })

  it("says when a metric is no number", async () => {
    const inputs = { images: images([moved(NaN)]), reference: images([clean]) }
    const failure = await runStage(evaluate, inputs).catch((error: unknown) => error)
    assert.instanceOf(failure, UserError)
    assert.include(failure.message, "mse of image 0 is NaN")
  })

  it("leaves no tensor behind", async () => {
    const inputs = { images: images([moved(1)]), reference: images([clean]) }
    const before = tf.memory().numTensors
    await runStage(evaluate, inputs)
    assert.strictEqual(tf.memory().numTensors, before)
  })

  it("finds references that cannot be paired, before they are there and after", async () => {
    assert.deepStrictEqual(checkStage(evaluate, {}, { dims: { N: 3, M: 1 } }), [])
    assert.deepStrictEqual(checkStage(evaluate, {}, { dims: { N: 3, M: 3 } }), [])
    assert.deepStrictEqual(checkStage(evaluate, {}, { dims: { N: 3 } }), [])
    const [issue] = checkStage(evaluate, {}, { dims: { N: 3, M: 2 } })
    assert.strictEqual(issue!.message, "2 reference images for 3 images")
    const inputs = { images: images([clean, clean, clean]), reference: images([clean, clean]) }
    const failure = await runStage(evaluate, inputs).catch((error: unknown) => error)
    assert.instanceOf(failure, UserError)
    assert.strictEqual(failure.message, issue!.message)
  })

  it("finds images too small for SSIM, before they are there and after", async () => {
    const dims = { H: 28, W: 10 }
    assert.deepStrictEqual(checkStage(evaluate, { metrics: ["mse"] }, { dims }), [])
    const [issue] = checkStage(evaluate, {}, { dims })
    assert.deepStrictEqual(issue!.path, ["metrics"])
    const small: Images = {
      type: "Images",
      shape: [1, 2, 2, 1],
      range: "[0,1]",
      data: new Float32Array(4)
    }
    const inputs = { images: small, reference: small }
    const failure = await runStage(evaluate, inputs).catch((error: unknown) => error)
    assert.instanceOf(failure, UserError)
    const { metrics } = await runStage(evaluate, inputs, { metrics: ["mse", "psnr"] })
    assert.strictEqual(metrics.scalars["mse"], 0)
  })

  it("refuses metrics that it does not know", () => {
    assert.throws(() => decodeParams(evaluate, { metrics: ["lpips"] }))
    assert.throws(() => decodeParams(evaluate, { metrics: [] }))
  })

  it("has an example that is right", () => {
    const { inputs, params, uses } = decodeExample(evaluate)
    assert.strictEqual(uses, "evaluate/image-metrics")
    assert.deepStrictEqual(inputs, Object.keys(evaluate.inputs))
    assert.deepStrictEqual(params, { metrics: ["mse", "psnr", "ssim"] })
  })
})

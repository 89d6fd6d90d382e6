import { assert, describe, it } from "vitest"
import { readFile } from "node:fs/promises"
import sharp from "sharp"
import { UserError } from "../../../src/base/user-error.ts"
import { decodeTensorFile } from "../../../src/values/tensor-file.ts"
import grid from "../../../stages/image/grid.ts"
import load from "../../../stages/image/load.ts"
import save from "../../../stages/image/save.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"
import { imagesOf, ramp } from "../images.ts"

const drawing = new URL("../../../pipelines/assets/lighthouse.svg", import.meta.url)
const nothingKnown = { dims: {}, attributes: {}, connected: {} }

describe("image/load", () => {
  const loaded = (params: object) =>
    runStage(
      load,
      {},
      { path: "lighthouse.svg", ...params },
      {
        files: { path: { path: "lighthouse.svg", read: () => readFile(drawing) } }
      }
    )

  it("loads the project's drawing, in colour, within its range", async () => {
    const { image } = await loaded({ size: 64 })
    assert.deepStrictEqual(image.shape, [64, 64, 3])
    assert.strictEqual(image.range, "[-1,1]")
    // Lanczos would overshoot at edges.
    assert.isAtLeast(Math.min(...image.data), -1)
    assert.isAtMost(Math.max(...image.data), 1)
    const [red, , blue] = image.data
    assert.isAbove(blue!, red! + 0.3, "the sky's corner is blue")
  })

  it("gives the same bits again", async () => {
    assert.deepStrictEqual(await loaded({ size: 32 }), await loaded({ size: 32 }))
  })

  it("knows shape and range before it runs, as far as the parameters say", () => {
    const bound = (params: object) =>
      load.bind?.(decodeParams(load, { path: "a", ...params }), nothingKnown)
    assert.deepStrictEqual(bound({}), { C: 3, R: "[-1,1]" })
    assert.deepStrictEqual(bound({ size: 64, channels: "grey", range: "[0,1]" }), {
      C: 1,
      R: "[0,1]",
      H: 64,
      W: 64
    })
    assert.deepStrictEqual(bound({ size: [32, 48] }), { C: 3, R: "[-1,1]", H: 32, W: 48 })
  })

  it("refuses parameters that mean nothing", () => {
    for (const wrong of [
      {},
      { path: "" },
      { path: "a", size: -1 },
      { path: "a", size: [1, 2, 3] },
      { path: "a", fit: "fill" },
      { path: "a", range: "[0,255]" },
      { path: "a", background: "#fff" },
      { path: "a", sise: 64 }
    ]) {
      assert.throws(() => decodeParams(load, wrong))
    }
  })
})

describe("image/grid", () => {
  const two = imagesOf([[[0.5]], [[-0.5]]], { labels: ["t=1", "t=2"] })
  const one = imagesOf([[[0]]])
  const inputs = {
    images: [
      { label: "noisy.noisy", value: two },
      { label: "photo.image", value: one }
    ]
  }
  const bare = { labels: false, gap: 0 }
  const reds = async (params: object) => {
    const { image } = await runStage(grid, inputs, { ...bare, ...params })
    const [height, width] = image.shape
    return Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => image.data[(y * width + x) * 3]!)
    )
  }

  it("gives each input a row", async () => {
    assert.deepStrictEqual(await reds({}), [
      [0.5, -0.5],
      [0, 1]
    ])
  })

  it("fills rows of equal length in order", async () => {
    assert.deepStrictEqual(await reds({ columns: 1 }), [[0.5], [-0.5], [0]])
    assert.deepStrictEqual(await reds({ columns: 3 }), [[0.5, -0.5, 0]])
  })

  it("enlarges by whole pixels, on the background asked for", async () => {
    assert.deepStrictEqual(await reds({ columns: 3, scale: 2, gap: 1, background: "#000000" }), [
      [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1],
      [-1, 0.5, 0.5, -1, -0.5, -0.5, -1, 0, 0, -1],
      [-1, 0.5, 0.5, -1, -0.5, -0.5, -1, 0, 0, -1],
      [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1]
    ])
  })

  it("writes labels and names, unless told not to", async () => {
    const size = async (params: object) => (await runStage(grid, inputs, params)).image.shape
    const [plainHeight, plainWidth] = await size({ labels: false })
    const [height, width] = await size({})
    const [, shorter] = await size({ names: ["a", "b"] })
    assert.isAbove(height, plainHeight)
    assert.isAbove(width, shorter)
    assert.isAbove(shorter, plainWidth)
  })

  it("writes what the labels of a row have in common beside it, once", async () => {
    const four = imagesOf([[[0.5]], [[-0.5]], [[0]], [[1]]], {
      labels: ["epoch 1 · 3", "epoch 1 · 4", "epoch 2 · 3", "epoch 2 · 4"]
    })
    const sheet = async (images: typeof inputs.images, params: object) =>
      (await runStage(grid, { images }, params)).image
    const half = (from: number) =>
      imagesOf(from === 0 ? [[[0.5]], [[-0.5]]] : [[[0]], [[1]]], { labels: ["3", "4"] })
    assert.deepStrictEqual(
      await sheet([{ label: "samples", value: four }], { columns: 2 }),
      await sheet(
        [0, 2].map((from) => ({ label: `epoch ${from === 0 ? 1 : 2}`, value: half(from) })),
        {}
      )
    )
    // What has nothing but the common part is called as its input.
    const edits = imagesOf([[[0.5]], [[-0.5]]], { labels: ["3 · from t=9", "3 · from t=5"] })
    const original = imagesOf([[[0]]], { labels: ["3"] })
    const named = { labels: ["from t=9", "from t=5", "original"] }
    assert.deepStrictEqual(
      await sheet(
        [
          { label: "edits.images", value: edits },
          { label: "original", value: original }
        ],
        { columns: 3 }
      ),
      await sheet([{ label: "3", value: imagesOf([[[0.5]], [[-0.5]], [[0]]], named) }], {})
    )
    // The first of two rows of one class, and a row of several classes.
    const classes = imagesOf([[[0.5]], [[-0.5]], [[0]], [[1]], [[0]], [[1]]], {
      labels: ["3", "3", "3", "3", "4", "5"]
    })
    assert.deepStrictEqual(
      await sheet([{ label: "samples", value: classes }], { columns: 2 }),
      await sheet(
        [
          { label: "3", value: imagesOf([[[0.5]], [[-0.5]]]) },
          { label: "", value: imagesOf([[[0]], [[1]]]) },
          { label: "", value: imagesOf([[[0]], [[1]]], { labels: ["4", "5"] }) }
        ],
        {}
      )
    )
  })

  it("does not repeat the labels of the row above", async () => {
    const height = async (...values: ReadonlyArray<typeof two>) =>
      (
        await runStage(grid, {
          images: values.map((value, index) => ({ label: `${index}`, value }))
        })
      ).image.shape[0]
    const others = { ...two, labels: ["t=3", "t=4"] }
    assert.isBelow(await height(two, two), await height(two, others))
    assert.strictEqual(await height(two, two), await height(two, { ...two, labels: ["", ""] }))
  })

  it("refuses names without an input", async () => {
    const error = await runStage(grid, inputs, { names: ["a", "b", "c"] }).catch(
      (error: unknown) => error
    )
    assert.instanceOf(error, UserError)
  })
})

describe("image/save", () => {
  const images = ramp([2, 3, 4, 3])

  it("writes pictures whose pixels are the image's", async () => {
    const { file } = await runStage(save, { images }, { name: "grids/a.png", scale: 2 })
    assert.deepStrictEqual(
      [file.name, file.mediaType, file.meta],
      ["grids/a.png", "image/png", { shape: [2, 3, 4, 3], range: "[-1,1]" }]
    )
    const { info } = await sharp(file.bytes).raw().toBuffer({ resolveWithObject: true })
    assert.deepStrictEqual([info.width, info.height], [16, 6])
  })

  it("takes the format from the ending, whatever its case", async () => {
    for (const [name, mediaType] of [
      ["a.PNG", "image/png"],
      ["a.jpg", "image/jpeg"],
      ["a.jpeg", "image/jpeg"],
      ["a.webp", "image/webp"]
    ]) {
      assert.strictEqual((await runStage(save, { images }, { name })).file.mediaType, mediaType)
    }
  })

  it("keeps every number in safetensors", async () => {
    const { file } = await runStage(save, { images }, { name: "a.safetensors" })
    const { data, shape } = decodeTensorFile(file.bytes)
    assert.deepStrictEqual([...shape], [...images.shape])
    assert.deepStrictEqual(data, images.data)
  })

  it("refuses names that lead out of the results, or say no format", () => {
    const issues = (name: string, more: object = {}, C = 3) =>
      checkStage(save, { name, ...more }, { dims: { C } }).map(({ message }) => message)
    assert.deepStrictEqual(issues("a/b.png"), [])
    for (const name of [
      "../a.png",
      "a/../../b.png",
      "/a.png",
      "C:/a.png",
      "a\\b.png",
      "a//b.png"
    ]) {
      assert.strictEqual(issues(name).length, 1, name)
    }
    assert.match(issues("a.bmp").join(), /does not end in one of png/)
    assert.match(issues("png").join(), /does not end/)
    assert.match(issues("a.safetensors", { scale: 2 }).join(), /only pictures are enlarged/)
    assert.match(issues("a.png", {}, 7).join(), /7 channels/)
    assert.deepStrictEqual(issues("a.safetensors", {}, 7), [])
  })
})

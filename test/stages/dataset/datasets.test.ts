import { assert, describe, it } from "vitest"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import sharp from "sharp"
import { parseType } from "../../../src/values/type-expression.ts"
import { typeOf } from "../../../src/values/codec.ts"
import { sha256 } from "../../../src/base/digest.ts"
import { listFolder } from "../../../src/base/folder.ts"
import { UserError } from "../../../src/base/user-error.ts"
import { datasetStatistics } from "../../../src/data/statistics.ts"
import type {
  ParamsSchema,
  Ports,
  SourceFile,
  SourceFolder,
  StageDefinition
} from "../../../src/stage.ts"
import type { Value } from "../../../src/values/values.ts"
import fashion from "../../../stages/dataset/fashion-mnist.ts"
import folderStage from "../../../stages/dataset/image-folder.ts"
import idxStage from "../../../stages/dataset/idx.ts"
import mnist from "../../../stages/dataset/mnist.ts"
import penDigits from "../../../stages/dataset/pen-digits.ts"
import statistics from "../../../stages/dataset/statistics.ts"
import { idxImages, idxLabels } from "../../data/idx-files.ts"
import { sharedFile, temporaryFolder } from "../../support/project.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"

/** Whether what a stage says of its output beforehand is what it then is. */
const assertBound = <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>,
  params: unknown,
  value: Value
) => {
  const bound = stage.bind?.(decodeParams(stage, params), {
    dims: {},
    attributes: {},
    connected: {}
  })
  const { range, shape } = typeOf(value)
  const names = parseType(stage.outputs["dataset"]!.type).shape ?? []
  for (const [axis, name] of names.entries()) {
    if (bound?.[String(name)] !== undefined) assert.strictEqual(shape?.[axis], bound[String(name)])
  }
  assert.strictEqual(range, bound?.["R"])
}

const inShared = sharedFile("data", "mnist", "train-images-idx3-ubyte.gz") !== undefined

describe.skipIf(!inShared)("dataset/mnist", () => {
  it("is MNIST: its statistics are those that are known", async () => {
    const { dataset } = await runStage(mnist, {})
    assertBound(mnist, {}, dataset)
    assert.strictEqual(dataset.name, "MNIST train")
    const { metrics, means } = await runStage(statistics, { dataset })
    const { deviation, errorOfClassMeans, errorOfMean, images, mean, meanSquare } = metrics.scalars
    assert.strictEqual(images, 60_000)
    // Five significant digits, as they are published.
    assert.closeTo(mean!, 0.13066, 5e-6)
    assert.closeTo(deviation!, 0.30811, 5e-6)
    assert.closeTo(meanSquare!, 0.112, 5e-6)
    assert.closeTo(errorOfMean!, 0.067251, 5e-7)
    assert.closeTo(errorOfClassMeans!, 0.053314, 5e-7)
    assert.deepStrictEqual(means.shape, [11, 28, 28, 1])
    assert.deepStrictEqual(means.labels, ["all", ...dataset.classes])
    assert.deepStrictEqual(metrics.series[0], {
      class: "0",
      images: 5923,
      share: 5923 / 60_000,
      mean: metrics.series[0]!["mean"]!
    })
  })

  it("has a test split, and either range", async () => {
    const params = { split: "test", range: "[-1,1]" }
    const { dataset } = await runStage(mnist, {}, params)
    assertBound(mnist, params, dataset)
    assert.strictEqual(dataset.name, "MNIST test")
    assert.deepStrictEqual(Array.from(dataset.labels!.slice(0, 5)), [7, 2, 1, 0, 4])
    assert.closeTo(datasetStatistics(dataset).mean, 2 * 0.13251 - 1, 1e-4)
  })
})

describe("dataset/fashion-mnist", () => {
  it("says beforehand what it will be", () => {
    const bound = fashion.bind?.(decodeParams(fashion, { split: "test" }), {
      dims: {},
      attributes: {},
      connected: {}
    })
    assert.deepStrictEqual(bound, { N: 10_000, H: 28, W: 28, C: 1, K: 10, R: "[0,1]" })
  })
})

describe("dataset/pen-digits", () => {
  it("draws what it says beforehand", async () => {
    const params = { count: 25, size: 20, range: "[-1,1]" }
    const told: Array<number> = []
    const { dataset } = await runStage(penDigits, {}, params, {
      progress: (done) => told.push(done)
    })
    assertBound(penDigits, params, dataset)
    assert.deepStrictEqual(dataset.shape, [25, 20, 20, 1])
    assert.deepStrictEqual(told, [25])
  })
})

const file = (path: string, bytes: Uint8Array): SourceFile => ({
  path,
  read: () => Promise.resolve(bytes)
})

describe("dataset/idx", () => {
  const names = { images: "i.gz", labels: "l.gz" }
  const files = (images: Uint8Array, labels: Uint8Array) => ({
    files: { images: file("i.gz", images), labels: file("l.gz", labels) }
  })

  it("reads a pair of files", async () => {
    const { dataset } = await runStage(
      idxStage,
      {},
      { ...names, classes: ["a", "b"], firstLabel: 1, name: "letters" },
      files(idxImages(2), idxLabels(2, 1))
    )
    assert.deepStrictEqual(dataset, {
      type: "Dataset",
      name: "letters",
      shape: [2, 2, 3, 1],
      range: "[0,1]",
      data: dataset.data,
      classes: ["a", "b"],
      labels: Int32Array.of(1, 0)
    })
    assertBound(idxStage, { ...names, classes: 2 }, dataset)
  })

  it("finds out the classes, and does without labels", async () => {
    const { dataset } = await runStage(idxStage, {}, names, files(idxImages(2), idxLabels(3, 0)))
    assert.deepStrictEqual(dataset.classes, ["0", "1", "2", "3"])
    const { dataset: bare } = await runStage(
      idxStage,
      {},
      { images: "i" },
      { files: { images: file("i", idxImages(2)) } }
    )
    assert.notProperty(bare, "labels")
    assertBound(idxStage, { images: "i" }, bare)
  })

  it("turns images that lie on their sides", async () => {
    const { dataset } = await runStage(
      idxStage,
      {},
      { images: "i", transpose: true },
      { files: { images: file("i", idxImages(2)) } }
    )
    assert.deepStrictEqual(dataset.shape, [2, 3, 2, 1])
    assert.deepStrictEqual([...dataset.data], [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
  })

  const wrong: ReadonlyArray<readonly [string, object, Uint8Array, Uint8Array, RegExp]> = [
    ["swapped files", {}, idxLabels(1, 2), idxImages(2), /i.gz holds labels where images/],
    ["numbers that differ", {}, idxImages(3), idxLabels(1, 2), /i.gz has 3 images, but l.gz has 2/],
    ["stray labels", { classes: 2 }, idxImages(2), idxLabels(1, 2), /l.gz: the label 2 of image 1/],
    [
      "labels below the first",
      { firstLabel: 5 },
      idxImages(1),
      idxLabels(1),
      /all labels are below 5/
    ]
  ]
  it.each(wrong)("refuses %s", async (_, params, images, labels, message) => {
    const error = await runStage(idxStage, {}, { ...names, ...params }, files(images, labels)).then(
      () => assert.fail("it was taken"),
      (error: unknown) => error
    )
    assert.instanceOf(error, UserError)
    assert.match(error.message, message)
  })

  it("sees in the parameters what cannot be", () => {
    const issues = (params: object) => checkStage(idxStage, params).map(({ message }) => message)
    assert.deepStrictEqual(issues({ images: "i", classes: 2 }), [
      "there are classes, but no labels"
    ])
    assert.deepStrictEqual(issues({ ...names, classes: ["a", "a"] }), ["a is listed twice"])
  })
})

const square = (level: number, side = 8) =>
  sharp({
    create: { width: side, height: side, channels: 3, background: { r: level, g: level, b: level } }
  })
    .png()
    .toBuffer()

const folderOf = (path: string): { readonly folders: { readonly path: SourceFolder } } => ({
  folders: {
    path: {
      path: "pictures",
      location: path,
      list: async () => {
        const { readFile } = await import("node:fs/promises")
        return listFolder(path).map(({ name, path }) => {
          const bytes = readFileSync(path)
          return {
            name,
            path: `pictures/${name}`,
            digest: sha256(bytes),
            sizeBytes: bytes.byteLength,
            read: () => readFile(path)
          }
        })
      }
    }
  }
})

describe("dataset/image-folder", () => {
  const pictures = async (files: { readonly [name: string]: number | string }) => {
    const folder = temporaryFolder()
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, ".."), { recursive: true })
      writeFileSync(
        join(folder, name),
        typeof content === "number" ? await square(content) : content
      )
    }
    return folderOf(folder)
  }
  const run = (context: Awaited<ReturnType<typeof pictures>>, params: object = {}) =>
    runStage(folderStage, {}, { path: "pictures", size: 4, channels: "grey", ...params }, context)
  const levels = ({ data }: { readonly data: Uint8Array }) =>
    [...data].filter((_, index) => index % 16 === 0)

  it("takes pictures in the order in which people count, without labels", async () => {
    const log: Array<string> = []
    const { dataset } = await runStage(
      folderStage,
      {},
      { path: "pictures", size: 4, channels: "grey" },
      {
        ...(await pictures({ "10.png": 10, "9.png": 9, "notes.txt": "some notes", "a.PNG": 30 })),
        log: (line) => log.push(line)
      }
    )
    assert.deepStrictEqual(levels(dataset), [9, 10, 30])
    assert.deepStrictEqual(dataset.classes, [])
    assert.deepStrictEqual(log, ["pictures: 1 files are not pictures, and are left out"])
    assertBound(folderStage, { path: "pictures", size: 4, channels: "grey" }, dataset)
  })

  it("takes sub-folders for classes, at any depth below them", async () => {
    const { dataset } = await run(
      await pictures({ "dog/1.png": 1, "cat/2.png": 2, "cat/old/3.png": 3, "dog/4.png": 4 }),
      { channels: "rgb", size: [4, 8], range: "[-1,1]" }
    )
    assert.deepStrictEqual(dataset.classes, ["cat", "dog"])
    assert.deepStrictEqual([...dataset.labels!], [0, 0, 1, 1])
    assert.deepStrictEqual(dataset.shape, [4, 4, 8, 3])
    assert.strictEqual(dataset.range, "[-1,1]")
  })

  const wrong: ReadonlyArray<
    readonly [string, { readonly [name: string]: number | string }, RegExp, RegExp]
  > = [
    ["an empty folder", { "a.txt": "x" }, /pictures has no pictures in it/, /endings/],
    ["one broken picture", { "1.png": 1, "2.png": "x" }, /pictures\/2.png is not a picture/, /PNG/],
    [
      "several broken pictures",
      { "1.png": "x", "2.png": "", "3.png": 3 },
      /2 pictures of pictures cannot be read/,
      /pictures\/1.png is not a picture[^]*pictures\/2.png is empty/
    ],
    [
      "pictures of no class",
      { "1.png": 1, "a/2.png": 2 },
      /beside its sub-folders \(1.png\)/,
      /move/
    ]
  ]
  it.each(wrong)("refuses %s", async (_, files, message, hint) => {
    const context = await pictures(files)
    const error = await run(context).then(
      () => assert.fail("it was taken"),
      (error: unknown) => error
    )
    assert.instanceOf(error, UserError)
    assert.match(error.message, message)
    assert.match(error.hint ?? "", hint)
  })
})

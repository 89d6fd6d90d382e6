import { assert, describe, it } from "@effect/vitest"
import type { CheckedPipeline } from "../../src/language/pipeline.ts"
import { checked } from "./project.ts"

const ids = ({ instances }: CheckedPipeline, stage: string) =>
  instances.filter((instance) => instance.stage === stage).map(({ id }) => id)

const items = ({ instances }: CheckedPipeline, id: string, port: string) => {
  const input = instances.find((instance) => instance.id === id)?.inputs[port]
  return input?.kind === "many"
    ? input.items.map(({ label, from }) => `${label} <- ${from.instance}`)
    : []
}

const train = (values: string) => `  train: { uses: train, with: { epochs: 1, ${values} } }\n`

describe("the matrix", () => {
  it("makes a stage once for each value that it depends on, and others once", async () => {
    const pipeline = await checked(`matrix:
  rate: { slow: 0.1, fast: 1 }
  seed: [1, 2]
stages:
  photo: { uses: picture/load, with: { path: photo.txt } }
  train: { uses: train, in: { data: photo }, with: { epochs: 1, learningRate: "\${matrix.rate}" } }
  again: { uses: train, in: { data: train.images }, with: { epochs: 1, seed: "\${matrix.seed}" } }
`)
    assert.deepStrictEqual(ids(pipeline, "photo"), ["photo"])
    assert.deepStrictEqual(ids(pipeline, "train"), ["train[rate=slow]", "train[rate=fast]"])
    assert.deepStrictEqual(ids(pipeline, "again"), [
      "again[rate=slow,seed=1]",
      "again[rate=slow,seed=2]",
      "again[rate=fast,seed=1]",
      "again[rate=fast,seed=2]"
    ])
    const [, , last] = pipeline.instances.filter(({ stage }) => stage === "again")
    assert.deepStrictEqual(last?.point, { rate: "fast", seed: "1" })
    assert.deepStrictEqual(last?.inputs["data"], {
      kind: "one",
      from: { instance: "train[rate=fast]", port: "images" }
    })
    assert.deepStrictEqual(pipeline.axes, {
      rate: [
        { label: "slow", value: 0.1 },
        { label: "fast", value: 1 }
      ],
      seed: [
        { label: "1", value: 1 },
        { label: "2", value: 2 }
      ]
    })
  })

  it("zips axes", async () => {
    const pipeline = await checked(`matrix:
  seed: [1, 2]
  epochs: [10, 20]
  other: [a, b]
  zip: [[seed, epochs]]
stages:
  train: { uses: train, with: { epochs: "\${matrix.epochs}", seed: "\${matrix.seed}", name: "\${matrix.other}" } }
`)
    assert.deepStrictEqual(ids(pipeline, "train"), [
      "train[seed=1,epochs=10,other=a]",
      "train[seed=1,epochs=10,other=b]",
      "train[seed=2,epochs=20,other=a]",
      "train[seed=2,epochs=20,other=b]"
    ])
  })

  it("lets a zipped axis repeat a value, and has one instance for it where only that axis counts", async () => {
    const pipeline = await checked(`matrix:
  seed: [3, 5, 5]
  epochs: [1, 1, 2]
  zip: [[seed, epochs]]
  exclude: [{ seed: 5, epochs: 1 }]
stages:
  train: { uses: train, with: { epochs: "\${matrix.epochs}", seed: "\${matrix.seed}" } }
  seeds: { uses: train, with: { epochs: 1, seed: "\${matrix.seed}" } }
`)
    assert.deepStrictEqual(ids(pipeline, "train"), [
      "train[seed=3,epochs=1]",
      "train[seed=5,epochs=2]"
    ])
    assert.deepStrictEqual(ids(pipeline, "seeds"), ["seeds[seed=3]", "seeds[seed=5]"])
    assert.deepStrictEqual(
      pipeline.axes["seed"]?.map(({ label }) => label),
      ["3", "5"]
    )
  })

  it("excludes parts of points by label or value, and includes points with new values", async () => {
    const pipeline = await checked(`params: { last: 9 }
matrix:
  rate: { slow: 0.1, fast: { kind: constant, value: 1 } }
  seed: [1, 2, 3]
  exclude: [{ rate: slow, seed: 2 }, { rate: { kind: constant, value: 1 }, seed: 1 }, { seed: 3 }]
  include: [{ rate: fast, seed: "\${params.last}" }, { rate: slow, seed: 1 }]
stages:
${train('learningRate: "${matrix.rate}", seed: "${matrix.seed}"')}  seeds: { uses: train, with: { epochs: 1, seed: "\${matrix.seed}" } }
`)
    assert.deepStrictEqual(ids(pipeline, "train"), [
      "train[rate=slow,seed=1]",
      "train[rate=fast,seed=2]",
      "train[rate=fast,seed=9]"
    ])
    // The value 3 is left at no point.
    assert.deepStrictEqual(ids(pipeline, "seeds"), [
      "seeds[seed=1]",
      "seeds[seed=2]",
      "seeds[seed=9]"
    ])
  })

  it("numbers values that cannot stand in a name", async () => {
    const pipeline = await checked(`matrix:
  prompt: ["a dog, running", "a cat"]
  net: [{ channels: 8 }, { channels: 16 }]
stages:
${train('name: "${matrix.prompt}", unet: "${matrix.net}"')}`)
    assert.deepStrictEqual(ids(pipeline, "train"), [
      "train[prompt=0,net=0]",
      "train[prompt=0,net=1]",
      "train[prompt=1,net=0]",
      "train[prompt=1,net=1]"
    ])
  })

  it("collects over one axis, several, and all that remain stay", async () => {
    const pipeline = await checked(`matrix:
  rate: { slow: 0.1, fast: 1 }
  seed: [1, 2]
stages:
${train('learningRate: "${matrix.rate}", seed: "${matrix.seed}"')}  byRate: { uses: report/compare, collect: { over: seed, from: { curves: train.metrics } } }
  all: { uses: report/compare, collect: { over: [seed, rate], from: { curves: train.metrics, images: train.images } } }
`)
    assert.deepStrictEqual(ids(pipeline, "byRate"), ["byRate[rate=slow]", "byRate[rate=fast]"])
    assert.deepStrictEqual(items(pipeline, "byRate[rate=fast]", "curves"), [
      "seed=1 <- train[rate=fast,seed=1]",
      "seed=2 <- train[rate=fast,seed=2]"
    ])
    assert.deepStrictEqual(items(pipeline, "all", "images"), [
      "rate=slow,seed=1 <- train[rate=slow,seed=1]",
      "rate=slow,seed=2 <- train[rate=slow,seed=2]",
      "rate=fast,seed=1 <- train[rate=fast,seed=1]",
      "rate=fast,seed=2 <- train[rate=fast,seed=2]"
    ])
  })

  it("collects only what excluded and zipped points leave", async () => {
    const pipeline = await checked(`matrix:
  kernel: [3, 5]
  sigma: [1, 2]
  zip: [[kernel, sigma]]
stages:
${train('epochs: 1, seed: "${matrix.kernel}", name: "s${matrix.sigma}"').replace("epochs: 1, epochs: 1", "epochs: 1")}  best: { uses: report/compare, collect: { over: kernel, from: { curves: train.metrics } } }
`)
    assert.deepStrictEqual(ids(pipeline, "best"), ["best[sigma=1]", "best[sigma=2]"])
    assert.deepStrictEqual(items(pipeline, "best[sigma=2]", "curves"), [
      "kernel=5 <- train[kernel=5,sigma=2]"
    ])
  })
})

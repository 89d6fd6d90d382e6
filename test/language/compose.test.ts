import { assert, describe, it } from "@effect/vitest"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { check, makeProject, places, valid } from "./project.ts"

describe("extends", () => {
  const base = `name: base
params: { epochs: 1, net: { channels: 8, classes: 10 }, list: [1, 2] }
stages:
  photo: { uses: picture/load, with: { path: photo.txt, size: 32 } }
  train: { uses: train, in: { data: photo }, with: { epochs: "\${params.epochs}", unet: "\${params.net}", seed: 3 } }
`

  it("merges maps, replaces lists and the rest, and removes what is null", async () => {
    const root = makeProject({
      "pipelines/base.yaml": base,
      "pipelines/child.yaml": `extends: base.yaml
params: { net: { channels: 16, classes: null }, list: null }
stages:
  train: { with: { epochs: 5, seed: null } }
`
    })
    const pipeline = valid(await check(root, "pipelines/child.yaml"))
    assert.strictEqual(pipeline.name, "child")
    assert.deepStrictEqual(pipeline.params, { epochs: 1, net: { channels: 16 } })
    const [, train] = pipeline.instances
    assert.deepStrictEqual(train?.params, {
      epochs: 5,
      learningRate: 0.001,
      unet: { channels: 16 },
      shuffle: true,
      seed: 0
    })
  })

  it("takes several files, the later over the earlier", async () => {
    const root = makeProject({
      "base.yaml": base,
      "more.yaml": "params: { epochs: 2 }\nstages:\n  photo: { with: { size: 16 } }\n",
      "child.yaml": "extends: [base.yaml, more.yaml]\n"
    })
    const pipeline = valid(await check(root, "child.yaml"))
    assert.strictEqual(pipeline.instances[0]?.params["size"], 16)
    assert.strictEqual(pipeline.instances[1]?.params["epochs"], 2)
    assert.strictEqual(pipeline.instances[0]?.position.file, "more.yaml")
  })
})

describe("include", () => {
  it("adds stages, and parameters and axes as defaults", async () => {
    const root = makeProject({
      "main.yaml": `include: [parts/photo.yaml, parts/seeds.yaml]
params: { size: 16 }
stages:
  train: { uses: train, in: { data: photo }, with: { epochs: 1, seed: "\${matrix.seed}" } }
`,
      "parts/photo.yaml": `params: { size: 64 }
stages:
  photo: { uses: picture/load, with: { path: photo.txt, size: "\${params.size}" } }
`,
      "parts/seeds.yaml": "include: photo.yaml\nmatrix: { seed: [1, 2] }\n"
    })
    const pipeline = valid(await check(root, "main.yaml"))
    assert.deepStrictEqual(
      pipeline.instances.map(({ id }) => id),
      ["photo", "train[seed=1]", "train[seed=2]"]
    )
    assert.strictEqual(pipeline.instances[0]?.params["size"], 16)
    assert.strictEqual(pipeline.instances[0]?.position.file, "parts/photo.yaml")
  })

  it("reads a file that comes by many ways once", async () => {
    const files: Record<string, string> = {
      "p0.yaml": "stages:\n  photo: { uses: picture/load, with: { path: photo.txt } }\n"
    }
    for (let level = 1; level < 40; level++) {
      files[`p${level}.yaml`] = `include: [p${level - 1}.yaml, q${level}.yaml]\n`
      files[`q${level}.yaml`] = `include: p${level - 1}.yaml\n`
    }
    const pipeline = valid(await check(makeProject(files), "p39.yaml"))
    assert.deepStrictEqual(
      pipeline.instances.map(({ id }) => id),
      ["photo"]
    )
  })
})

describe("the command line", () => {
  const text = `params: { epochs: 1, net: { channels: 8 }, image: photo.txt }
matrix: { seed: [1, 2] }
stages:
  photo: { uses: picture/load, with: { path: "\${params.image}" } }
  train: { uses: train, with: { epochs: "\${params.epochs}", unet: "\${params.net}", seed: "\${matrix.seed}" } }
`

  it("sets parameters, stages and axes, over --params, over the file", async () => {
    const root = makeProject({
      "main.yaml": text,
      "params.json": '{"epochs": 5, "net": {"channels": 32}}'
    })
    const request = {
      paramsFiles: ["params.json"],
      set: ["params.epochs=7", "matrix.seed=[4]", "stages.train.with.unet.classes=3"]
    }
    const failed = await check(root, "main.yaml", request)
    // `unet` is one interpolation: there is nothing below it to set.
    assert.deepStrictEqual(places(failed), ["--set:3:24 unknown-path"])
    const pipeline = valid(
      await check(root, "main.yaml", {
        ...request,
        set: [
          "params.epochs=7",
          "matrix.seed=[4]",
          "stages.train.with.name='x y'",
          "params.net.channels=${params.epochs}"
        ]
      })
    )
    const train = pipeline.instances.find(({ stage }) => stage === "train")
    assert.strictEqual(train?.id, "train[seed=4]")
    assert.deepStrictEqual(train?.params, {
      epochs: 7,
      learningRate: 0.001,
      unet: { channels: 7 },
      shuffle: true,
      name: "x y",
      seed: 4
    })
  })

  it("sets one item of a list", async () => {
    const root = makeProject({ "main.yaml": text.replace("[1, 2]", "[1, 2, 3]") })
    const pipeline = valid(await check(root, "main.yaml", { set: ["matrix.seed.1=20"] }))
    assert.deepStrictEqual(
      pipeline.axes["seed"]?.map(({ value }) => value),
      [1, 20, 3]
    )
  })

  it("looks for files of --set in the working directory, and anywhere", async () => {
    const elsewhere = makeProject({})
    writeFileSync(join(elsewhere, "other.txt"), "x")
    const root = makeProject({ "main.yaml": text })
    const pipeline = valid(
      await check(root, join(root, "main.yaml"), {
        cwd: elsewhere,
        set: ["params.image=other.txt"]
      })
    )
    assert.deepStrictEqual(pipeline.instances[0]?.files["path"], {
      path: join(elsewhere, "other.txt"),
      written: "other.txt"
    })
    const own = valid(await check(root, join(root, "main.yaml"), { cwd: elsewhere }))
    assert.strictEqual(own.instances[0]?.files["path"]?.path, join(root, "photo.txt"))
  })
})

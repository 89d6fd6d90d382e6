import { assert, describe, it } from "@effect/vitest"
import { symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import { check, checked, makeProject, places, valid } from "./project.ts"

const photo = "  photo: { uses: picture/load, with: { path: photo.txt } }\n"

describe("checkPipeline", () => {
  it("gives instances with decoded parameters, files, types and resources", async () => {
    const pipeline = await checked(`name: first
description: One stage after another.
params: { seed: 7 }
stages:
${photo}  schedule: { uses: schedule/forward, with: { steps: 50 } }
  noisy:
    uses: noise/add
    in: { image: photo, schedule: schedule.schedule }
    with: { timesteps: [1, 49], seed: "\${params.seed}" }
    resources: { cpu: 2, memory: 1.5GiB, time: 1h30m }
`)
    assert.strictEqual(pipeline.name, "first")
    assert.strictEqual(pipeline.description, "One stage after another.")
    assert.strictEqual(pipeline.file, "pipeline.yaml")
    assert.deepStrictEqual(pipeline.params, { seed: 7 })
    const [load, , noisy] = pipeline.instances
    assert.deepStrictEqual(load?.params, { size: 64, fit: "stretch", grey: false, range: "[-1,1]" })
    assert.strictEqual(load?.files["path"]?.written, "photo.txt")
    assert.match(load?.files["path"]?.path ?? "", /\/photo\.txt$/)
    assert.deepStrictEqual(load?.outputs, { image: "Image[64,64,3] in [-1,1]" })
    assert.deepStrictEqual(noisy?.params, { timesteps: [1, 49], seed: 7 })
    assert.deepStrictEqual(noisy?.outputs, { noisy: "Images[2,64,64,3] in [-1,1]" })
    assert.deepStrictEqual(noisy?.inputs, {
      image: { kind: "one", from: { instance: "photo", port: "image" } },
      schedule: { kind: "one", from: { instance: "schedule", port: "schedule" } }
    })
    assert.deepStrictEqual(noisy?.resources, {
      cpu: 2,
      memoryBytes: 1.5 * 1024 ** 3,
      timeMs: 5_400_000
    })
    assert.deepStrictEqual(noisy?.position, {
      file: "pipeline.yaml",
      line: 7,
      column: 3,
      length: 5
    })
    assert.deepStrictEqual(JSON.parse(JSON.stringify(pipeline)), pipeline)
  })

  it("puts every instance after those that it reads, whatever the order of the file", async () => {
    const pipeline = await checked(`stages:
  c: { uses: picture/flip, in: { image: b } }
  b: { uses: picture/flip, in: { image: photo } }
${photo}`)
    assert.deepStrictEqual(
      pipeline.instances.map(({ id }) => id),
      ["photo", "b", "c"]
    )
  })

  it("names a pipeline after its file", async () => {
    const root = makeProject({ "pipelines/my test(1).yaml": `stages:\n${photo}` })
    const pipeline = valid(await check(root, "pipelines/my test(1).yaml"))
    assert.strictEqual(pipeline.name, "my test-1-")
    assert.strictEqual(pipeline.file, "pipelines/my test(1).yaml")
  })

  it("throws only for a file that is not there or cannot be read", async () => {
    const root = makeProject({
      "folder/x.yaml": "",
      "big.yaml": new Uint8Array(11 * 1024 * 1024).fill(0x23)
    })
    for (const file of ["pipelne.yaml", "folder", "big.yaml"]) {
      const error = await check(root, file).then(
        () => undefined,
        (cause: unknown) => cause
      )
      assert.instanceOf(error, UserError, file)
    }
    writeFileSync(join(root, "utf16.yaml"), Buffer.from("a: 1", "utf16le"))
    assert.deepStrictEqual(places(await check(root, "utf16.yaml")), ["utf16.yaml:1:1 encoding"])
  })

  it("takes labelled and listed references at a port of many", async () => {
    const pipeline = await checked(`stages:
  a: { uses: train, with: { epochs: 1 } }
  b: { uses: train, with: { epochs: 2 } }
  listed: { uses: report/compare, in: { curves: [a.metrics, b.metrics] } }
  named: { uses: report/compare, in: { curves: { slow: a.metrics, fast: b.metrics }, images: a.images } }
`)
    const labels = (id: string, port: string) => {
      const input = pipeline.instances.find((one) => one.id === id)?.inputs[port]
      return input?.kind === "many"
        ? input.items.map(({ label, from }) => `${label} <- ${from.instance}.${from.port}`)
        : []
    }
    assert.deepStrictEqual(labels("listed", "curves"), [
      "a.metrics <- a.metrics",
      "b.metrics <- b.metrics"
    ])
    assert.deepStrictEqual(labels("named", "curves"), ["slow <- a.metrics", "fast <- b.metrics"])
    assert.deepStrictEqual(labels("named", "images"), ["a.images <- a.images"])
  })

  it("takes one Image where Images are expected", async () => {
    await checked(
      `stages:\n${photo}  train: { uses: train, in: { data: photo }, with: { epochs: 1 } }\n`
    )
  })

  it("reports what is wrong in several files, in the order of files and places", async () => {
    const root = makeProject({
      "main.yaml":
        "include: parts.yaml\nstages:\n  b: { uses: picture/flop }\n  a: { uses: nothing }\n",
      "parts.yaml": "stages:\n  c: { uses: nowhere }\n"
    })
    assert.deepStrictEqual(places(await check(root, "main.yaml")), [
      "main.yaml:3:14 unknown-stage",
      "main.yaml:4:14 unknown-stage",
      "parts.yaml:2:14 unknown-stage"
    ])
  })

  it("keeps files inside the project, also behind symbolic links, unless they are allowed", async () => {
    const outside = makeProject({ "secret.txt": "x" })
    const root = makeProject({
      "plain.yaml": `stages:\n  a: { uses: picture/load, with: { path: ${outside}/secret.txt } }\n`,
      "link.yaml": "stages:\n  a: { uses: picture/load, with: { path: link/secret.txt } }\n",
      "inside.yaml": "stages:\n  a: { uses: picture/load, with: { path: b/../photo.txt } }\n",
      "include.yaml": `include: ${outside}/pipeline.yaml\nstages:\n${photo}`
    })
    writeFileSync(join(outside, "pipeline.yaml"), "params: { x: 1 }\n")
    symlinkSync(outside, join(root, "link"))
    for (const file of ["plain.yaml", "link.yaml"]) {
      assert.deepStrictEqual(places(await check(root, file)), [`${file}:2:42 outside-project`])
      // The link leads out of the project, but its own path is inside: the folder behind it is what counts.
      valid(await check(root, file, { allowedPaths: [outside] }))
    }
    valid(await check(root, "inside.yaml"))
    assert.deepStrictEqual(places(await check(root, "include.yaml")), [
      "include.yaml:1:10 outside-project"
    ])
    valid(await check(root, "include.yaml", { allowedPaths: [outside] }))
    valid(await check(root, "link.yaml", { set: [`stages.a.with.path=${outside}/secret.txt`] }))
  })

  it("says where a symbolic link leads that leads nowhere", async () => {
    const root = makeProject({
      "pipeline.yaml": "stages:\n  a: { uses: picture/load, with: { path: photo.tx } }\n"
    })
    symlinkSync("gone.txt", join(root, "photo.tx"))
    const { diagnostics } = await check(root, "pipeline.yaml")
    assert.deepStrictEqual(
      diagnostics.map(({ hint, message }) => [message, hint]),
      [["`photo.tx` is a symbolic link to a file that is not there", "it leads to gone.txt"]]
    )
  })

  it("asks before it tells where a value comes from", async () => {
    const root = makeProject({
      "pipeline.yaml":
        'params: { p: photo.tx }\nstages:\n  a: { uses: picture/load, with: { path: "${params.p}" } }\n'
    })
    const { diagnostics } = await check(root, "pipeline.yaml")
    assert.deepStrictEqual(
      diagnostics.map(({ hint }) => hint),
      ["did you mean `photo.txt`? `${params.p}` comes from pipeline.yaml:1:14"]
    )
  })

  it("checks ten thousand stages in linear time (slow)", async () => {
    const text = [
      "stages:",
      "  s0:",
      "    uses: picture/load",
      "    with:",
      "      path: photo.txt"
    ]
    for (let index = 1; index < 10_000; index++) {
      text.push(
        `  s${index}:`,
        "    uses: picture/resize",
        `    in: { image: s${index - 1}.image }`,
        "    with:",
        `      size: ${index}`
      )
    }
    const start = performance.now()
    const pipeline = await checked(text.join("\n"))
    assert.strictEqual(pipeline.instances.length, 10_000)
    // 1.7 s on the slowest machine that was tried; quadratic work would take minutes.
    assert.isBelow(performance.now() - start, 15_000)
  })
})

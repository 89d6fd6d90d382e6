/** Stages that are made of parts: what a pipeline that uses one becomes, and what is told when the stage does it wrong. */
import { assert, describe, it } from "@effect/vitest"
import type { StageInstance } from "../../src/language/pipeline.ts"
import { pipelineJsonSchema } from "../../src/language/json-schema.ts"
import { usableStages } from "../../src/language/usable-stages.ts"
import { check, checked, makeProject, registry } from "./project.ts"

const photo = "  photo: { uses: picture/load, with: { path: photo.txt, size: 8 } }\n"
const tree = (params: string, inputs = "seed: photo") =>
  `stages:\n${photo}  tree: { uses: grow/tree, in: { ${inputs} }, with: { ${params} } }\n`

const ids = (instances: ReadonlyArray<StageInstance>) => instances.map(({ id }) => id)

const diagnosed = async (text: string) => {
  const root = makeProject({ "p.yaml": text })
  const { diagnostics, pipeline } = await check(root, "p.yaml")
  assert.isUndefined(pipeline)
  return diagnostics.map(({ code, hint, message }) => ({ code, hint, message }))
}

describe("a stage of parts", () => {
  it("becomes instances of its parts, and itself after them", async () => {
    const { instances } = await checked(tree("days: 3, light: [1, 0.5]"))
    assert.deepStrictEqual(ids(instances), [
      "photo",
      "tree/day-1",
      "tree/day-2",
      "tree/day-3",
      "tree"
    ])
    const [, first, second, third, whole] = instances
    assert.deepStrictEqual(first, {
      id: "tree/day-1",
      stage: "tree",
      part: "day-1",
      point: {},
      uses: "grow/day",
      params: { light: 1, warmth: 20 },
      files: {},
      inputs: { from: { kind: "one", from: { instance: "photo", port: "image" } } },
      outputs: { grown: "Image[8,8,3] in [-1,1]" },
      resources: {},
      position: whole!.position
    })
    assert.deepStrictEqual(second?.inputs, {
      from: { kind: "one", from: { instance: "tree/day-1", port: "grown" } }
    })
    assert.deepStrictEqual(third?.params, { light: 0.5, warmth: 20 })
    assert.isUndefined(whole?.part)
    assert.deepStrictEqual(whole?.inputs["last"], {
      kind: "one",
      from: { instance: "tree/day-3", port: "grown" }
    })
    assert.deepStrictEqual(whole?.inputs["grown"], {
      kind: "many",
      items: [1, 2, 3].map((day) => ({
        label: `day ${day}`,
        from: { instance: `tree/day-${day}`, port: "grown" }
      }))
    })
    assert.deepStrictEqual(whole?.outputs, { pictures: "Images[3,8,8,3] in [-1,1]" })
  })

  it("has parts at each of its points, with its resources", async () => {
    const { instances } = await checked(`matrix: { light: [1, 2] }
stages:
${photo}  tree:
    uses: grow/tree
    in: { seed: photo }
    with: { days: 2, light: ["\${matrix.light}"] }
    resources: { memory: 1GB }
`)
    assert.deepStrictEqual(ids(instances), [
      "photo",
      "tree[light=1]/day-1",
      "tree[light=1]/day-2",
      "tree[light=1]",
      "tree[light=2]/day-1",
      "tree[light=2]/day-2",
      "tree[light=2]"
    ])
    const [, part] = instances
    assert.deepStrictEqual(part?.point, { light: "1" })
    assert.deepStrictEqual(part?.resources, { memoryBytes: 1e9 })
  })

  it("hands its own inputs on: one that takes several as a whole, one that is not connected not at all", async () => {
    const bare = await checked(tree("days: 1"))
    assert.hasAllKeys(bare.instances[1]?.inputs, ["from"])
    const full = await checked(
      `stages:
${photo}  other: { uses: train, in: { data: photo }, with: { epochs: 1, learningRate: 0.1, unet: { channels: 8 } } }
  tree: { uses: grow/tree, in: { seed: photo, rain: photo, tools: [other.metrics, other] }, with: { days: 1 } }
`.replace("[other.metrics, other]", "[other.metrics]")
    )
    const part = full.instances.find(({ id }) => id === "tree/day-1")
    assert.deepStrictEqual(part?.inputs["tools"], {
      kind: "many",
      items: [{ label: "other.metrics", from: { instance: "other", port: "metrics" } }]
    })
    assert.deepStrictEqual(part?.inputs["rain"], {
      kind: "one",
      from: { instance: "photo", port: "image" }
    })
  })

  it("has parts of the same form after JSON", async () => {
    const pipeline = await checked(tree("days: 2"))
    assert.deepStrictEqual(JSON.parse(JSON.stringify(pipeline)), pipeline)
  })
})

describe("a stage whose parts are wrong", () => {
  const faults: ReadonlyArray<readonly [fault: string, says: string]> = [
    ["throws", "no sun"],
    ["same name", "it has two parts `day`"],
    ["bad name", "cannot be the name of a part"],
    ["not named", "`partTypes` does not name `picture/flip`"],
    ["uses grow/missing", "there is no stage type `grow/missing`"],
    ["uses picture/load", "`picture/load` cannot be a part, since it reads files"],
    ["uses grow/tree", "`grow/tree` cannot be a part, since it has parts itself"],
    ["param", "its part `day-1`: `grow/day` has no parameter `lihgt`"],
    ["value", "its part `day-1`: `light` must be a number of at least 0"],
    ["missing port", "its part `day-1`: `grow/day` needs the input `from`"],
    ["port", "its part `day-1`: `grow/day` has no input `mood`"],
    ["input", "`grow/tree` has no input `sed` from outside"],
    ["output", "the part `day-1` has no output `grwon`"],
    ["later part", "there is no part `day-3` before what reads it"],
    ["own port", "has no input `seed` that its parts fill"],
    ["own missing", "`grow/tree` needs the input `last`"],
    ["same label", "two values have the label `day`"]
  ]
  for (const [fault, says] of faults) {
    it(`is told so: ${fault}`, async () => {
      const [first, ...others] = await diagnosed(tree(`days: 2, fault: ${fault}`))
      assert.strictEqual(first?.code, "stage-fault")
      assert.include(first?.message, "the stage `grow/tree` fails while its parts are made: ")
      assert.include(first?.message, says)
      assert.isEmpty(others)
    })
  }

  it("respects what the part's type says of its parameters", async () => {
    const [first] = await diagnosed(tree("days: 1, light: [13]"))
    assert.include(first?.message, "its part `day-1`: 13 needs rain")
    const rainy = await checked(tree("days: 1, light: [13]", "seed: photo, rain: photo"))
    assert.lengthOf(rainy.instances, 3)
  })

  it("does not get far with too many of them", async () => {
    const one = await diagnosed(tree("days: 100001"))
    assert.include(one[0]?.message, "it has 100001 parts, and 100000 are the most")
  })

  it("does not get far with too many points of it (slow)", async () => {
    const text = tree('days: 34000, light: ["${matrix.n}"]')
    const [first] = await diagnosed(`matrix: { n: [1, 2, 3] }\n${text}`)
    assert.strictEqual(first?.code, "matrix-too-large")
    assert.include(first?.message, "more than 100000 parts")
  })

  it("says nothing about parts where something else is wrong", async () => {
    assert.deepStrictEqual(
      (await diagnosed(tree("days: 0, fault: throws"))).map(({ code }) => code),
      ["parameter"]
    )
    assert.deepStrictEqual(
      (await diagnosed(tree("days: 1, fault: throws", ""))).map(({ code }) => code),
      ["missing-input"]
    )
  })
})

describe("what only parts are", () => {
  it("cannot be used by a pipeline", async () => {
    const [first, ...others] = await diagnosed(
      `stages:\n${photo}  day: { uses: grow/day, in: { from: photo }, with: { light: 1 } }\n`
    )
    assert.strictEqual(first?.code, "internal-stage")
    assert.include(first?.message, "`grow/day` is only a part of other stages")
    assert.isEmpty(others)
  })

  it("cannot be wired by a pipeline", async () => {
    const [first, ...others] = await diagnosed(tree("days: 1", "seed: photo, last: photo"))
    assert.strictEqual(first?.code, "parts-input")
    assert.include(first?.message, "`last` of `grow/tree` is filled by the stage's own parts")
    assert.isEmpty(others)
  })

  it("is not suggested", async () => {
    const [stage] = await diagnosed(`stages:\n  a: { uses: grow/dayy }\n`)
    assert.strictEqual(stage?.hint, "`ablate stages` lists all")
    const port = await diagnosed(tree("days: 1", "seed: photo, grwn: photo"))
    assert.notInclude(port[0]?.hint, "grown")
  })

  it("is left out of the schema for editors, and of the catalogue", async () => {
    const text = JSON.stringify(await pipelineJsonSchema(registry))
    assert.include(text, "grow/tree")
    assert.notInclude(text, "grow/day")
    assert.notInclude(text, "Day by day.")
    const usable = (await usableStages(registry)).map(({ uses }) => uses)
    assert.include(usable, "grow/tree")
    assert.notInclude(usable, "grow/day")
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Ajv } from "ajv"
import { parse } from "yaml"
import { pipelineJsonSchema } from "../../src/language/json-schema.ts"
import { registry } from "./project.ts"

const compile = async () => {
  // Editors read `enumDescriptions`; validators need not know it.
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true
  })
  ajv.addKeyword("enumDescriptions")
  const schema = await pipelineJsonSchema(registry)
  const validate = ajv.compile(schema)
  return (text: string) => {
    validate(parse(text))
    return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`)
  }
}

const good = {
  plain: `name: x
description: y
params: { seed: 1 }
matrix: { rate: { a: 1 }, seed: [1, 2], zip: [[rate, seed]], exclude: [{ seed: 1 }], include: [{ rate: a, seed: 3 }] }
stages:
  photo: { uses: picture/load, with: { path: a.png, size: 32 } }
  train: { uses: train, in: { data: photo }, with: { epochs: "\${params.seed}", learningRate: { kind: constant, value: "\${matrix.rate}" }, unet: { channels: 8 } }, resources: { cpu: 1, memory: 4GB, time: 1h30m } }
  compare: { uses: report/compare, collect: { over: [seed], from: { curves: train.metrics } } }
  listed: { uses: report/compare, in: { curves: [train.metrics], images: { a: train.images } } }
  flip: { uses: picture/flip, in: { image: photo }, with: }
`,
  variant: "extends: base.yaml\nstages:\n  photo: { with: { size: 3 } }\n  gone:\n"
}

describe("pipelineJsonSchema", () => {
  it("accepts good pipelines", async () => {
    const errors = await compile()
    for (const text of Object.values(good)) assert.deepStrictEqual(errors(text), [])
  })

  it("says where bad ones are wrong", async () => {
    const errors = await compile()
    const first = (stage: string) => errors(`stages:\n  a: ${stage}\n`)
    assert.include(errors("stages: {}\nnmae: 1\n"), " additionalProperties")
    assert.include(first("{ uses: picture/laod }"), "/stages/a/uses enum")
    assert.include(first("{ with: {} }"), "/stages/a required")
    assert.include(first("{ uses: picture/load }"), "/stages/a required")
    assert.include(
      first("{ uses: picture/load, with: { path: x, size: 0 } }"),
      "/stages/a/with/size minimum"
    )
    assert.include(
      first("{ uses: picture/load, with: { path: x, sise: 1 } }"),
      "/stages/a/with additionalProperties"
    )
    assert.include(
      first("{ uses: picture/load, with: { path: x, grey: yes } }"),
      "/stages/a/with/grey type"
    )
    assert.include(
      first("{ uses: picture/flip, in: { imgae: b } }"),
      "/stages/a/in additionalProperties"
    )
    assert.include(first("{ uses: picture/flip }"), "/stages/a required")
    assert.include(
      first("{ uses: picture/flip, in: { image: b }, with: { x: 1 } }"),
      "/stages/a/with additionalProperties"
    )
    assert.include(
      first("{ uses: picture/flip, in: { image: b }, wiht: {} }"),
      "/stages/a additionalProperties"
    )
    assert.include(
      first("{ uses: train, with: { epochs: 1, unet: { channels: 8, clases: 1 } } }"),
      "/stages/a/with/unet additionalProperties"
    )
  })

  it("keeps descriptions, units and defaults", async () => {
    const text = JSON.stringify(await pipelineJsonSchema(registry))
    assert.include(text, "Height and width. [pixels]")
    assert.include(text, '"default":64')
    assert.include(text, "Loads a picture.")
  })
})

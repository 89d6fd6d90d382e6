import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { UserError } from "../../src/base/user-error.ts"
import { decodeValue, encodeValue, typeOf, widenTo } from "../../src/values/codec.ts"
import { printType } from "../../src/values/type-expression.ts"
import type { Pretrained } from "../../src/values/values.ts"
import { anyPretrained } from "./estimator-parts.ts"
import { roundTrip, stored } from "./stored-value.ts"

const network: Pretrained = {
  type: "Pretrained",
  kind: "deepfloyd-unet",
  folder: "weights/if-i-m/unet",
  variant: "fp16",
  files: [{ name: "diffusion_pytorch_model.fp16.safetensors", sizeBytes: 123 }],
  content: "ab".repeat(32),
  config: { sample_size: 64 },
  imageSize: 64,
  imageChannels: 3,
  width: 4096,
  enlarges: false,
  range: "[-1,1]",
  prediction: "epsilon",
  schedule: { kind: "cosine", betas: [0.1, 0.2], alphaBar: [0.9, 0.72] }
}

describe("the codec of pretrained networks", () => {
  it("gives back every one, and equal ones equal bytes, in whatever order their fields come", () => {
    fc.assert(
      fc.property(anyPretrained, (value) => {
        const back = roundTrip(value)
        assert.deepStrictEqual(back, value)
        const turned = Object.fromEntries(
          Object.entries(value).toReversed()
        ) as unknown as Pretrained
        assert.deepStrictEqual(encodeValue(turned), encodeValue(value))
      })
    )
  })

  it("says what the network is, and passes as a network", () => {
    assert.strictEqual(
      printType(typeOf(network)),
      "Pretrained[64,64,3,4096] in [-1,1] given time of epsilon"
    )
    assert.strictEqual(widenTo(network, "Network"), network)
  })

  const wrong: ReadonlyArray<readonly [what: string, change: object, message: string]> = [
    ["another kind", { kind: "vq" }, 'no kind "vq"'],
    ["a folder that is no text", { folder: 7 }, "folder is not a text"],
    ["no content", { content: null }, "content is not a text"],
    ["a size that is none", { imageSize: 0 }, "imageSize is a whole number"],
    ["a width in halves", { width: 1.5 }, "width is a whole number"],
    ["no word on enlarging", { enlarges: "no" }, "whether it enlarges"],
    ["another range", { range: "[0,255]" }, "pixel range"],
    ["another prediction", { prediction: "sample" }, "something else than epsilon"],
    ["a config that is a list", { config: [] }, "its config is not an object"],
    ["no files", { files: [] }, "the files of its weights"],
    ["a file without a size", { files: [{ name: "x" }] }, "the files of its weights"],
    [
      "a schedule of unequal lengths",
      { schedule: { kind: "cosine", betas: [0.1], alphaBar: [] } },
      "betas"
    ]
  ]
  it.each(wrong)("refuses stored files with %s", (_, change, message) => {
    const text = JSON.stringify({ ...network, ...change })
    const value = {
      type: printType(typeOf(network)),
      meta: {},
      files: { "pretrained.json": Buffer.from(text) }
    }
    assert.throws(() => decodeValue(stored(value), () => Buffer.from(text)), UserError, message)
  })
  it.each(wrong.slice(0, -1))("refuses %s from a stage", (_, change, message) => {
    assert.throws(() => encodeValue({ ...network, ...change }), TypeError, message)
  })
})

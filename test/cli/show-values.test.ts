/** How `show` prints and exports datasets and networks. */
import { assert, describe, it } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import { UserError } from "../../src/base/user-error.ts"
import { exportValue, nameInFolder } from "../../src/cli/show/export.ts"
import { printSummary } from "../../src/cli/show/print-summary.ts"
import type { LoadedValue } from "../../src/cli/show/value.ts"
import { plainStyle } from "../../src/cli/style.ts"
import type { Terminal } from "../../src/cli/terminal.ts"
import { compareValues } from "../../src/report/compare/values.ts"
import { summarise } from "../../src/report/value/summary.ts"
import { decodeSafetensors } from "../../src/safetensors/decode.ts"
import { readPngRecipe } from "../../src/values/png-recipe.ts"
import type { Value } from "../../src/values/values.ts"
import { decodeWeights } from "../../src/values/weights-file.ts"
import { smallDataset, smallModel, smallState } from "../values/small-model.ts"

const printed = (value: Value): string => {
  const lines: Array<string> = []
  const out = {
    columns: 100,
    style: plainStyle,
    line: (text = "") => void lines.push(text)
  } as unknown as Terminal
  printSummary(summarise(value), out, false)
  return lines.join("\n")
}
const loaded = (value: Value): LoadedValue => ({
  report: { digest: sha256("value"), type: value.type, present: true, files: [] },
  value
})
const models = (count: number): Value => ({
  type: "Models",
  models: Array.from({ length: count }, (_, index) => ({
    label: `epoch ${index + 1}`,
    model: smallModel(index)
  }))
})

describe("show", () => {
  it("says of a dataset what is in it", () => {
    assert.strictEqual(
      printed(smallDataset),
      `  name     digits
  images   3 of 1 × 2, grey, uint8 for [0,1]
  classes  2 (zero: 1, one: 2)`
    )
  })

  it("says of a model what it is, and counts what is trained", () => {
    assert.strictEqual(
      printed(smallModel()),
      `  architecture  unet (channels 4, imageSize 28, imageChannels 1, time multiply, classes 10)
  parameters    5 to train, 4 tensors
  pixel range   [0,1]
  predicts      velocity`
    )
    const { prediction: _, ...untrained } = smallModel(Number.NaN)
    assert.match(printed(untrained), /nothing yet: it is not trained\n {2}not finite +1 weights/)
  })

  it("lists checkpoints, and counts a training's state", () => {
    assert.match(printed(models(14)), /checkpoints +epoch 1, [^]*epoch 12\s+and\s+2\s+more/)
    assert.match(printed(smallState), /epoch +2\n {2}step +30\n {2}tensors +1 of 2 numbers/)
  })
})

describe("show -o", () => {
  const exported = (value: Value, file: string) => exportValue(loaded(value), file)

  it("writes a model's weights as a state dict, with the recipe in its metadata", async () => {
    const file = await exported(smallModel(), "model.safetensors")
    const { metadata } = decodeSafetensors(file)
    assert.strictEqual(metadata["format"], "pt")
    const recipe = JSON.parse(metadata["ablate"] ?? "{}") as { readonly value?: string }
    assert.strictEqual(recipe.value, sha256("value"))
    assert.deepEqual(decodeWeights(file, "it"), smallModel().weights)
  })

  it("writes checkpoints by their labels, a single one as a model", async () => {
    const names = async (value: Value) =>
      [...decodeSafetensors(await exported(value, "m.safetensors")).tensors.keys()].toSorted()
    assert.deepStrictEqual(await names(models(1)), Object.keys(smallModel().weights).toSorted())
    const several = await names(models(2))
    assert.strictEqual(several.length, 8)
    assert.include(several, "epoch 2/a.bias")
    assert.deepStrictEqual(await names(smallState), ["m.a"])
  })

  it("writes a dataset as tensors, or its first images as a picture", async () => {
    const { tensors } = decodeSafetensors(await exported(smallDataset, "d.safetensors"))
    assert.deepStrictEqual(
      [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]),
      [
        ["labels", "I32", [3]],
        ["images", "U8", [3, 1, 2, 1]]
      ]
    )
    const png = await exported(smallDataset, "d.png")
    assert.strictEqual(readPngRecipe(png)?.["value"], sha256("value"))
  })

  it("names a format that there is", async () => {
    const error = await exported(smallModel(), "model.png").then(
      () => assert.fail("it was written"),
      (error: unknown) => error
    )
    assert.instanceOf(error, UserError)
    assert.strictEqual(error.hint, "use a name that ends in .safetensors")
    assert.match(nameInFolder(loaded(smallModel())), /\.safetensors$/)
  })
})

describe("comparisons", () => {
  it("say where models differ most, and by how much", () => {
    const before = smallModel()
    assert.isUndefined(compareValues(before, smallModel()))
    assert.deepStrictEqual(compareValues(before, { ...smallModel(5), range: "[-1,1]" }), {
      kind: "tensors",
      count: 8,
      different: 1,
      largest: 4,
      tensor: "z.weight",
      at: [0, 0],
      changes: [{ path: "range", before: "[0,1]", after: "[-1,1]" }]
    })
  })

  it("say what only one of two models has", () => {
    const { "a.bias": _, ...weights } = smallModel().weights
    assert.deepStrictEqual(compareValues(smallModel(), { ...smallModel(), weights }), {
      kind: "changes",
      changes: [{ path: "shapes.a.bias", before: "1" }]
    })
  })
})

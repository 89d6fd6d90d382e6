import { assert, describe, it } from "vitest"
import { expectTensors } from "../../../src/engine/weights/expect-tensors.ts"
import { type Weights } from "../../../src/engine/weights/weights.ts"
import { userError } from "./files.ts"

const weightsOf = (shapes: Readonly<Record<string, ReadonlyArray<number>>>): Weights => ({
  path: "unet/model.safetensors",
  tensors: new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { dtype: "F32", shape, file: "/unet/model.safetensors", byteOffset: 0, byteLength: 0 }
    ])
  )
})

describe("expectTensors", () => {
  it("accepts a model's own weights", () => {
    expectTensors(weightsOf({ w: [2, 3], b: [], n: [0] }), { b: [], n: [0], w: [2, 3] })
  })

  it("lists every difference at once", () => {
    const error = userError(() =>
      expectTensors(weightsOf({ "conv.weight": [3, 3], "fc.wieght": [2], extra: [1] }), {
        "conv.weight": [3, 4],
        "fc.weight": [2],
        toString: [1]
      })
    )
    assert.strictEqual(
      error.message,
      [
        "unet/model.safetensors does not hold this model's weights:",
        "  2 missing:",
        "    fc.weight (there is fc.wieght)",
        "    toString",
        "  2 unexpected:",
        "    fc.wieght",
        "    extra",
        "  1 of another shape:",
        "    conv.weight is [3,3], the model's is [3,4]"
      ].join("\n")
    )
    assert.match(error.hint ?? "", /same architecture/)
  })

  it("tells a scalar from a vector of one, and one dimension from two", () => {
    for (const [found, wanted] of [
      [[], [1]],
      [[1], []],
      [[12], [1, 2]]
    ] as const) {
      assert.throws(() => expectTensors(weightsOf({ w: found }), { w: wanted }), /of another shape/)
    }
  })

  it("lists ten of hundreds", () => {
    const names = Array.from({ length: 300 }, (_, index) => `block.${index}.weight`)
    const shapes = Object.fromEntries(names.map((name) => [name, [1]]))
    const { message } = userError(() => expectTensors(weightsOf({}), shapes))
    assert.match(message, /300 missing:/)
    assert.match(message, /and 290 more$/)
    assert.strictEqual(message.split("\n").length, 13)
  })

  it("sees a prefix that only the names of one side have", () => {
    const bare = { "a.weight": [1], "b.weight": [1] }
    const prefixed = { "model.a.weight": [1], "model.b.weight": [1] }
    const inFile = userError(() => expectTensors(weightsOf(prefixed), bare))
    assert.match(inFile.hint ?? "", /its names have the prefix model\. that/)
    const inModel = userError(() => expectTensors(weightsOf(bare), prefixed))
    assert.match(inModel.hint ?? "", /its names lack the prefix model\. that/)
  })
})

import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { UserError } from "../../src/base/user-error.ts"
import { decodeValue, encodeValue, typeOf } from "../../src/values/codec.ts"
import { printType } from "../../src/values/type-expression.ts"
import type { Embedding, Estimator, EstimatorTree, Images } from "../../src/values/values.ts"
import { anyEmbedding, anyPretrained } from "./estimator-parts.ts"
import { smallModel } from "./small-model.ts"
import { roundTrip, stored } from "./stored-value.ts"

const images: Images = {
  type: "Images",
  shape: [1, 1, 2, 1],
  range: "[0,1]",
  data: Float32Array.of(0.25, 0.5),
  labels: ["small"]
}

/** Trees whose leaves name what is there, and are all of one prediction. */
const treeOver = (embedding: Embedding, prediction: "epsilon"): fc.Arbitrary<EstimatorTree> => {
  const leaf: fc.Arbitrary<EstimatorTree> = fc.oneof(
    fc.constant<EstimatorTree>({ kind: "network", network: 0 }),
    fc.constantFrom(...embedding.prompts).map((prompt): EstimatorTree => ({
      kind: "network",
      network: 0,
      condition: { embedding: 0, prompt }
    })),
    fc.nat({ max: 999 }).map((noiseLevel): EstimatorTree => ({
      kind: "network",
      network: 0,
      enlarge: { images: 0, noiseLevel }
    }))
  )
  return fc.letrec<{ tree: EstimatorTree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({
        kind: fc.constant("guided" as const),
        unconditional: tie("tree"),
        conditional: tie("tree"),
        gamma: fc.double({ min: -20, max: 20, noNaN: true }).map((x) => x + 0)
      }),
      fc.record({
        kind: fc.constant("viewed" as const),
        view: fc.constantFrom("negative", { kind: "patches", size: 2, seed: 1 }),
        of: tie("tree")
      }),
      fc.tuple(tie("tree"), tie("tree")).map((of): EstimatorTree => ({
        kind: "average",
        of,
        weights: [0.25, 0.75]
      })),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((of): EstimatorTree => ({
        kind: "components",
        decomposition: { kind: "scale", share: 0.5 },
        of
      })),
      tie("tree").map((of): EstimatorTree => ({ kind: "converted", to: prediction, of }))
    )
  })).tree
}

const estimator: fc.Arbitrary<Estimator> = fc
  .tuple(anyPretrained, anyEmbedding)
  .chain(([network, embedding]) =>
    treeOver(embedding, "epsilon").map((tree): Estimator => ({
      type: "Estimator",
      tree,
      networks: [network],
      embeddings: [embedding],
      images: [{ ...images, range: network.range }]
    }))
  )

const model = { ...smallModel(), prediction: "epsilon" } as const
const trained: Estimator = {
  type: "Estimator",
  tree: { kind: "network", network: 0 },
  networks: [model],
  embeddings: [],
  images: []
}

describe("the codec of estimators", () => {
  it("gives back every estimator with its parts, and equal ones equal bytes", () => {
    fc.assert(
      fc.property(estimator, (value) => {
        const back = roundTrip(value)
        assert.deepStrictEqual(back, value)
        assert.deepStrictEqual(encodeValue(back), encodeValue(value))
      }),
      { numRuns: 200 }
    )
    assert.deepStrictEqual(roundTrip(trained), trained)
  })

  it("keeps parts in the bytes that they have alone, so that a store keeps them once", () => {
    const whole = encodeValue(trained).files
    for (const [name, bytes] of Object.entries(encodeValue(model).files)) {
      assert.deepStrictEqual(whole[`networks-0/${name}`], bytes)
    }
  })

  it("says what is estimated of which images", () => {
    const frame = "Estimator[28,28,1] in [0,1]"
    assert.strictEqual(printType(typeOf(trained)), `${frame} of epsilon`)
    const converted: EstimatorTree = { kind: "converted", to: "velocity", of: trained.tree }
    assert.strictEqual(printType(typeOf({ ...trained, tree: converted })), `${frame} of velocity`)
  })

  const told = (prompt: string): EstimatorTree => ({
    kind: "network",
    network: 0,
    condition: { embedding: 0, prompt }
  })
  const leaf = trained.tree
  const wrong: ReadonlyArray<readonly [what: string, tree: unknown, message: string]> = [
    ["a network that is not there", { kind: "network", network: 1 }, "there is no network 1"],
    ["an embedding that is not there", told(""), "there is no embedding 0"],
    [
      "images that are not there",
      { ...leaf, enlarge: { images: 0, noiseLevel: 1 } },
      "there are no images 0"
    ],
    [
      "a guidance scale that is none",
      { kind: "guided", unconditional: leaf, conditional: leaf, gamma: "7" },
      "a guidance scale is a number"
    ],
    ["an average of nothing", { kind: "average", of: [], weights: [] }, "of something"],
    [
      "too few weights",
      { kind: "average", of: [leaf, leaf], weights: [1] },
      "a weight for each of its estimates"
    ],
    [
      "weights that do not sum to 1",
      { kind: "average", of: [leaf, leaf], weights: [0.5, 0.75] },
      "sum to 1.25"
    ],
    ["no components", { kind: "components", decomposition: {}, of: [] }, "no components"],
    [
      "two predictions",
      {
        kind: "average",
        of: [leaf, { kind: "converted", to: "sample", of: leaf }],
        weights: [0.5, 0.5]
      },
      "joins predictions of epsilon and sample"
    ],
    ["another kind", { kind: "sum", of: [] }, 'of the kind "sum"'],
    ["a branch that is none", { kind: "viewed", view: "negative", of: null }, "is not an object"]
  ]
  it.each(wrong)("refuses %s", (_, tree, message) => {
    assert.throws(() => encodeValue({ ...trained, tree } as Estimator), TypeError)
    const { files, meta, type } = encodeValue(trained)
    const described = JSON.parse(Buffer.from(files["estimator.json"]!).toString()) as object
    const all: Readonly<Record<string, Uint8Array>> = {
      ...files,
      "estimator.json": Buffer.from(JSON.stringify({ ...described, tree }))
    }
    const read = (name: string) => all[name]!
    assert.throws(() => decodeValue(stored({ type, meta, files: all }), read), UserError, message)
  })

  it("refuses stored files whose parts are of other types, or not listed", () => {
    const { files, meta, type } = encodeValue(trained)
    const text = Buffer.from(files["estimator.json"]!).toString()
    const refused = (described: string) => {
      const all: Readonly<Record<string, Uint8Array>> = {
        ...files,
        "estimator.json": Buffer.from(described)
      }
      return () => decodeValue(stored({ type, meta, files: all }), (name) => all[name]!)
    }
    const other = text.replace('"networks":[{"type":"Model"', '"networks":[{"type":"Images"')
    assert.notStrictEqual(other, text)
    assert.throws(refused(other), UserError, "networks 0 is not one of Model, Pretrained")
    assert.throws(refused(text.replace('"images":[]', '"images":7')), UserError, "its images")
    assert.throws(refused("[]"), UserError, "is not an object")
  })
})

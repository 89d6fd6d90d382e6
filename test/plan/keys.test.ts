import { scalarNumericsClass } from "../../src/engine/numerics.ts"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Digest, sha256 } from "../../src/base/digest.ts"
import { actionKey, type KeyContext, type OutputsOf, recipeOf } from "../../src/plan/keys.ts"
import type { ActionOutput, Recipe } from "../../src/store/action.ts"
import { codeOf, pipelineOf, type Stage } from "./small-pipeline.ts"

const context: KeyContext = {
  code: new Map([
    ["text/join", codeOf("join")],
    ["image/blur", codeOf("blur", { tensors: true })]
  ]),
  numerics: "engine@1",
  fileDigest: (path) => sha256(`content of ${path}`)
}

const outputsOf: OutputsOf = (id) => ({
  out: output(sha256(id)),
  other: output(sha256(`${id} other`))
})
const output = (digest: Digest): ActionOutput => ({ digest, type: "Table" })

const recipe = (stage: Stage, outputs = outputsOf, of = context): Recipe => {
  const [instance] = pipelineOf({ stage }).instances
  if (instance === undefined) throw new Error("no instance")
  return recipeOf(instance, outputs, of)
}

describe("a recipe", () => {
  it("holds all that a result depends on", () => {
    const made = recipe({
      uses: "image/blur",
      params: { sigma: 2 },
      in: { image: "a.out", more: ["b.out", "c.other"] },
      files: { mask: "mask.png" }
    })
    expect(made).toEqual({
      uses: "image/blur",
      params: { sigma: 2 },
      code: sha256("blur"),
      inputs: {
        image: sha256("a"),
        more: [
          ["b.out", sha256("b")],
          ["c.other", sha256("c other")]
        ]
      },
      files: { mask: sha256("content of mask.png") },
      numerics: "engine@1"
    })
  })

  it("names the engine's arithmetic where tensors are computed, and V8's elsewhere", () => {
    expect(recipe({})).toHaveProperty("numerics", scalarNumericsClass())
  })

  it("does not exist before the inputs are known", () => {
    expect(() => recipe({ in: { text: "a.out" } }, () => undefined)).toThrow(
      "stage: its input text is not known yet"
    )
  })
})

const shuffled = (value: unknown, seed: number): unknown => {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, seed))
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(
    ([key, member]) => [key, shuffled(member, seed + 1)] as const
  )
  return Object.fromEntries(entries.toSorted(([a], [b]) => order(a, seed) - order(b, seed)))
}
const order = (key: string, seed: number) =>
  Number.parseInt(sha256(`${seed} ${key}`).slice(0, 8), 16)

const digest = fc.string().map(sha256)
const recipes: fc.Arbitrary<Recipe> = fc.record({
  uses: fc.string(),
  params: fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<Recipe["params"]>,
  code: digest,
  inputs: fc.dictionary(fc.string(), fc.oneof(digest, fc.array(fc.tuple(fc.string(), digest)))),
  files: fc.dictionary(fc.string(), digest),
  numerics: fc.string()
})

describe("a key", () => {
  it("does not depend on the order of names", () => {
    fc.assert(
      fc.property(recipes, fc.integer(), (recipe, seed) => {
        expect(actionKey(shuffled(recipe, seed) as Recipe)).toBe(actionKey(recipe))
      })
    )
  })

  it("differs when any component does", () => {
    const changes: ReadonlyArray<(recipe: Recipe) => Recipe> = [
      (recipe) => ({ ...recipe, uses: `${recipe.uses}x` }),
      (recipe) => ({ ...recipe, params: { ...recipe.params, "a new parameter": null } }),
      (recipe) => ({ ...recipe, code: sha256(recipe.code) }),
      (recipe) => ({ ...recipe, inputs: { ...recipe.inputs, "a new port": sha256("") } }),
      (recipe) => ({ ...recipe, inputs: { ...recipe.inputs, "a new port": [] } }),
      (recipe) => ({ ...recipe, files: { ...recipe.files, "a new file": sha256("") } }),
      (recipe) => ({ ...recipe, numerics: `${recipe.numerics}x` })
    ]
    fc.assert(
      fc.property(recipes, (recipe) => {
        const keys = [recipe, ...changes.map((change) => change(recipe))].map(actionKey)
        expect(new Set(keys).size).toBe(keys.length)
      })
    )
  })

  it("differs when the labels or the order of several values do", () => {
    const inputs = [
      [
        ["a", sha256("1")],
        ["b", sha256("2")]
      ],
      [
        ["b", sha256("2")],
        ["a", sha256("1")]
      ],
      [
        ["b", sha256("1")],
        ["a", sha256("2")]
      ],
      [["a", sha256("1")]]
    ] as const
    const keys = inputs.map((many) => actionKey({ ...recipe({}), inputs: { many } }))
    expect(new Set(keys).size).toBe(inputs.length)
  })
})

import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { compareValues } from "../../src/run/compare-values.ts"
import { reproduce } from "../../src/run/reproduce.ts"
import type { Tensor } from "../../src/values/values.ts"
import type { Pipeline } from "./lab.ts"
import { openLab } from "./open-lab.ts"

describe("reproducing", () => {
  it("tells equal bits from different ones, tensor by tensor, and keeps nothing", async () => {
    const lab = openLab()
    const pipeline: Pipeline = {
      a: { uses: "number", with: { value: 3 } },
      b: { uses: "sign", in: { number: "a.number" } },
      moody: { uses: "moody" }
    }
    await lab.run(pipeline)
    const { plan, registry, store } = lab.options(pipeline)
    const instances = plan.decisions.flatMap((decision) =>
      decision.state === "known" ? [{ instance: decision.instance, key: decision.key }] : []
    )
    const blobs = readdirSync(join(lab.storeRoot, "cas"), { recursive: true }).length
    const heard: Array<string> = []
    const all = await Effect.runPromise(
      reproduce({ store, registry, instances, jobs: 2 }, ({ id }) => heard.push(id))
    )
    assert.deepStrictEqual(
      all.map(({ id, state }) => [id, state]),
      [
        ["a", "same"],
        ["b", "same"],
        ["moody", "different"]
      ]
    )
    assert.deepStrictEqual(heard.toSorted(), ["a", "b", "moody"])
    const [difference] = all[2]?.differences ?? []
    assert.strictEqual(difference?.port, "tensor")
    const [numbers] = difference?.numbers ?? []
    assert.strictEqual(numbers?.count, 4)
    assert.strictEqual(numbers?.differing, 2)
    assert.deepStrictEqual(numbers?.firstIndex, [2])
    assert.isAbove(numbers?.largestAbsoluteDifference ?? 0, 0)
    assert.strictEqual(readdirSync(join(lab.storeRoot, "cas"), { recursive: true }).length, blobs)
    assert.deepStrictEqual(readdirSync(join(lab.storeRoot, "tmp")), [])
  })
})

describe("comparing values", () => {
  const tensor = (shape: ReadonlyArray<number>, ...data: ReadonlyArray<number>): Tensor => ({
    type: "Tensor",
    shape,
    data: Float32Array.from(data)
  })

  it("finds the largest difference and the first index", () => {
    const { numbers, other } = compareValues(
      tensor([2, 3], 0, 1, 2, 3, 4, 5),
      tensor([2, 3], 0, 1, 2, 3, 4.5, 3)
    )
    assert.deepStrictEqual(other, [])
    assert.deepStrictEqual(numbers, [
      {
        name: "data",
        count: 6,
        differing: 2,
        largestAbsoluteDifference: 2,
        firstIndex: [1, 1],
        before: 4,
        after: 4.5
      }
    ])
  })

  it("tells 0 from -0 and takes one NaN for another", () => {
    const { numbers } = compareValues(tensor([3], 0, Number.NaN, 1), tensor([3], -0, Number.NaN, 1))
    assert.strictEqual(numbers[0]?.differing, 1)
    assert.strictEqual(numbers[0]?.largestAbsoluteDifference, 0)
    const infinite = compareValues(tensor([1], 1), tensor([1], Number.NaN))
    assert.isNaN(infinite.numbers[0]?.largestAbsoluteDifference)
  })

  it("says what is there besides numbers", () => {
    const { numbers, other } = compareValues(tensor([2], 1, 2), tensor([3], 1, 2, 3))
    assert.deepStrictEqual(numbers, [])
    assert.deepStrictEqual(other, [
      "the type was Tensor[2], now it is Tensor[3]",
      "data had 2 numbers, now it has 3"
    ])
    const metrics = (label: string, score: number) =>
      ({ type: "Metrics", scalars: { score }, series: [{ label, step: 1 }] }) as const
    const compared = compareValues(metrics("a", 1), metrics("b", 2))
    assert.deepStrictEqual(
      compared.numbers.map(({ name }) => name),
      ["scalars.score"]
    )
    assert.deepStrictEqual(compared.other, ["cells that are no numbers differ"])
  })

  it("finds nothing in equal values", () => {
    assert.deepStrictEqual(compareValues(tensor([2], 1, 2), tensor([2], 1, 2)), {
      numbers: [],
      other: []
    })
  })
})

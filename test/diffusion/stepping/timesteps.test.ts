import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { createHash } from "node:crypto"
import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { namedTimesteps, timestepsNames } from "../../../src/diffusion/stepping/named-timesteps.ts"
import { sectioned } from "../../../src/diffusion/stepping/spacings.ts"
import { TimestepsParam } from "../../../src/diffusion/stepping/timesteps-params.ts"
import {
  type Timesteps,
  timestepsIssues,
  timestepsOf
} from "../../../src/diffusion/stepping/timesteps.ts"
import golden from "../../parity/samplers.json" with { type: "json" }

const kinds = ["linspace", "leading", "trailing"] as const
const spaced = (kind: (typeof kinds)[number], timesteps: number, steps: number) =>
  timestepsOf(kind === "leading" ? { kind, steps, offset: 0 } : { kind, steps }, timesteps)

const falls = (list: ReadonlyArray<number>, timesteps: number) =>
  list.length > 0 &&
  list.every((t, i) => Number.isInteger(t) && t >= 0 && t < (i === 0 ? timesteps : list[i - 1]!))

describe("a spacing of timesteps", () => {
  it("is NumPy's, for every number of steps", () => {
    for (const { digests, some, timesteps } of golden.spacings) {
      for (const kind of kinds) {
        for (const [steps, lists] of Object.entries(some)) {
          assert.deepStrictEqual(spaced(kind, timesteps, Number(steps)), lists[kind])
        }
        const lines = Array.from({ length: timesteps }, (_, i) =>
          spaced(kind, timesteps, i + 1).join()
        )
        const digest = createHash("sha256").update(lines.join("\n")).digest("hex")
        assert.strictEqual(digest, digests[kind], `${kind} of ${timesteps}`)
      }
    }
  })

  it("falls within the schedule, with so many steps", () => {
    const size = fc.integer({ min: 1, max: 5000 })
    fc.assert(
      fc.property(size, size, fc.constantFrom(...kinds), (a, b, kind) => {
        const [steps, timesteps] = [Math.min(a, b), Math.max(a, b)]
        const list = spaced(kind, timesteps, steps)
        assert.strictEqual(list.length, steps)
        assert.isTrue(falls(list, timesteps))
      })
    )
  })

  it("is leading for a number alone", () => {
    assert.deepStrictEqual(timestepsOf(3, 1000), [666, 333, 0])
    assert.deepStrictEqual(
      timestepsOf({ kind: "leading", steps: 3, offset: 1 }, 1000),
      [667, 334, 1]
    )
  })
})

describe("strided timesteps", () => {
  it("are the course's 34", () => {
    const list = timestepsOf({ kind: "strided", from: 990, stride: 30 }, 1000)
    assert.strictEqual(list.length, 34)
    assert.deepStrictEqual([list[0], list[1], list[10], list.at(-1)], [990, 960, 690, 0])
  })

  it("go down as far as they can", () => {
    const number = fc.integer({ min: 0, max: 999 })
    fc.assert(
      fc.property(number, fc.integer({ min: 1, max: 1200 }), (from, stride) => {
        const list = timestepsOf({ kind: "strided", from, stride }, 1000)
        assert.strictEqual(list[0], from)
        assert.isBelow(list.at(-1)!, stride)
        assert.isTrue(list.every((t, i) => i === 0 || list[i - 1]! - t === stride))
        assert.isTrue(falls(list, 1000))
      })
    )
  })
})

describe("named timesteps", () => {
  it("have as many steps as their names say, from 999 to 0", () => {
    for (const name of timestepsNames) {
      const list = namedTimesteps(name)
      assert.strictEqual(list.length, Number(/\d+$/.exec(name)![0]))
      assert.deepStrictEqual([list[0], list.at(-1)], [999, 0])
      assert.isTrue(falls(list, 1000))
    }
  })

  it("take the first of a section that has one, and round halves to even", () => {
    assert.deepStrictEqual(sectioned(10, [1, 2]), [9, 5, 0])
    // The middle of 0 … 3 is 1.5, of 4 … 6 it is 5, of 7 … 9 it is 8.
    assert.deepStrictEqual(sectioned(10, [3, 3, 3]), [9, 8, 7, 6, 5, 4, 3, 2, 0])
    assert.deepStrictEqual(sectioned(7, [7]), [6, 5, 4, 3, 2, 1, 0])
  })
})

describe("timesteps that a schedule cannot have", () => {
  const refused: ReadonlyArray<
    readonly [Timesteps, number, ReadonlyArray<string | number>, string]
  > = [
    [[], 1000, [], "no timesteps"],
    [[990, 1000], 1000, [1], "no timestep 1000"],
    [[5, -1], 1000, [1], "no timestep -1"],
    [[5, 2.5], 1000, [1], "no timestep 2.5"],
    [[5, NaN], 1000, [1], "no timestep NaN"],
    [[5, 7], 1000, [1], "timestep 7 comes after 5"],
    [[5, 5], 1000, [1], "timestep 5 is there twice"],
    [1001, 1000, [], "1001 steps are more than"],
    [0, 1000, [], "whole number"],
    [{ kind: "linspace", steps: 301 }, 300, ["steps"], "more than the schedule's 300"],
    [{ kind: "trailing", steps: 1.5 }, 300, ["steps"], "whole number"],
    [{ kind: "leading", steps: 300, offset: 1 }, 300, ["offset"], "first timestep is 300"],
    [{ kind: "leading", steps: 10, offset: -1 }, 300, ["offset"], "offset of -1"],
    [{ kind: "strided", from: 300, stride: 30 }, 300, ["from"], "no timestep 300"],
    [{ kind: "strided", from: 100, stride: 0 }, 300, ["stride"], "whole number"],
    ["fast27", 300, [], "list for 1000 timesteps"]
  ]

  it.each(refused)("are refused: %j of %i", (asked, timesteps, where, message) => {
    const [issue] = timestepsIssues(asked, timesteps)
    assert.deepStrictEqual(issue?.path, where)
    assert.include(issue?.message, message)
    assert.throws(() => timestepsOf(asked, timesteps), UserError, message)
  })

  it("are those with an issue, and no others", () => {
    const number = fc.integer({ min: -2, max: 22 })
    fc.assert(
      fc.property(fc.array(number, { maxLength: 4 }), (list) => {
        assert.strictEqual(timestepsIssues(list, 20).length === 0, falls(list, 20))
      })
    )
  })
})

describe("the parameter timesteps", () => {
  const decode = Schema.decodeUnknownSync(TimestepsParam)

  it("reads every form", () => {
    for (const form of [
      50,
      "fast27",
      [990, 500, 0],
      { kind: "strided", from: 990, stride: 30 },
      { kind: "linspace", steps: 10 },
      { kind: "trailing", steps: 10 }
    ]) {
      assert.deepStrictEqual<unknown>(decode(form), form)
    }
    assert.deepStrictEqual<unknown>(decode({ kind: "leading", steps: 10 }), {
      kind: "leading",
      steps: 10,
      offset: 0
    })
  })

  it("refuses what no schedule could have", () => {
    for (const form of [
      0,
      2.5,
      "fast28",
      [],
      [0, 1],
      [5, 5],
      [-1],
      { kind: "strided", from: 990 },
      { kind: "strided", from: 990, stride: 0 },
      { kind: "linspace" },
      { kind: "even", steps: 5 }
    ]) {
      assert.throws(() => decode(form))
    }
  })
})

import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  axesOf,
  axesWithoutEffect,
  groupOver,
  metricsIdentity,
  pointOf,
  rowSpreads,
  scalarSpreads,
  spreadOf
} from "../../src/values/aggregate.ts"
import type { Metrics } from "../../src/values/values.ts"

const metrics = (scalars: Metrics["scalars"], series: Metrics["series"] = []): Metrics => ({
  type: "Metrics",
  scalars,
  series
})

const at = <V>(label: string, value: V) => ({ label, value })

describe("points", () => {
  it("are read from labels", () => {
    assert.deepStrictEqual(
      [...pointOf("schedule=fixed-1e-4,seed=180")],
      [
        ["schedule", "fixed-1e-4"],
        ["seed", "180"]
      ]
    )
    assert.strictEqual(pointOf("train.metrics").size, 0)
    assert.strictEqual(pointOf("").size, 0)
    assert.deepStrictEqual(axesOf([at("b=1", 0), at("a=1,b=2", 0)]), ["b", "a"])
  })
})

describe("groupOver", () => {
  it("puts together what differs only in the axis, in the order of first members", () => {
    const groups = groupOver(
      [
        at("seed=1,rate=a", 1),
        at("seed=1,rate=b", 2),
        at("seed=2,rate=a", 3),
        at("seed=2,rate=b", 4)
      ],
      "seed"
    )
    assert.deepStrictEqual(groups, [
      { label: "rate=a", members: [at("1", 1), at("2", 3)] },
      { label: "rate=b", members: [at("1", 2), at("2", 4)] }
    ])
  })

  it("leaves what has no such axis alone", () => {
    assert.deepStrictEqual(groupOver([at("rate=a", 1), at("seed=1", 2), at("", 3)], "seed"), [
      { label: "rate=a", members: [at("rate=a", 1)] },
      { label: "", members: [at("1", 2)] },
      { label: "", members: [at("", 3)] }
    ])
  })
})

describe("spreadOf", () => {
  it("is the sample's mean and deviation", () => {
    // numpy.mean, numpy.std(ddof=1) of the same numbers
    const { count, deviation, max, mean, min } = spreadOf([2, 4, 4, 5, 7, 9])
    assert.deepStrictEqual([count, min, max], [6, 2, 9])
    assert.closeTo(mean, 5.166666666666667, 1e-15)
    assert.closeTo(deviation!, 2.4832774042918904, 1e-15)
  })

  it("has no deviation for one number, and none that rounding made for equal ones", () => {
    assert.deepStrictEqual(spreadOf([0.1]), { count: 1, mean: 0.1, min: 0.1, max: 0.1 })
    const { deviation, mean } = spreadOf([0.1, 0.1, 0.1])
    assert.deepStrictEqual([mean, deviation], [0.1, 0])
    assert.throws(() => spreadOf([]), RangeError)
  })

  it("lies between the smallest and the largest number", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }),
        (xs) => {
          const { max, mean, min } = spreadOf(xs)
          assert.isTrue(mean >= min - 1e-9 && mean <= max + 1e-9)
        }
      )
    )
  })
})

describe("spreads of metrics", () => {
  const members = [
    at(
      "1",
      metrics({ loss: 1, epochs: 4 }, [
        { sigma: 0, mse: 1, name: "a" },
        { sigma: 0.5, mse: 2 }
      ])
    ),
    at("2", metrics({ loss: 3 }, [{ sigma: 0.5, mse: 4 }]))
  ]

  it("take every scalar over those that have it", () => {
    const spreads = scalarSpreads(members)
    assert.deepStrictEqual([...spreads.keys()], ["loss", "epochs"])
    assert.deepStrictEqual(spreads.get("loss"), {
      count: 2,
      mean: 2,
      deviation: Math.SQRT2,
      min: 1,
      max: 3
    })
    assert.strictEqual(spreads.get("epochs")!.count, 1)
  })

  it("take rows by their name", () => {
    const rows = rowSpreads(members, "sigma")
    assert.deepStrictEqual(
      rows.map(({ row, spreads }) => [row, spreads.get("mse")!.mean, spreads.get("mse")!.count]),
      [
        [0, 1, 1],
        [0.5, 3, 2]
      ]
    )
    assert.isFalse(rows[0]!.spreads.has("name"))
    assert.deepStrictEqual(rowSpreads(members, "epoch"), [])
  })
})

describe("axesWithoutEffect", () => {
  it("names an axis whose points are all the same, for each value of the others", () => {
    const found = axesWithoutEffect(
      [
        at("seed=1,rate=a", "x"),
        at("seed=2,rate=a", "x"),
        at("seed=1,rate=b", "y"),
        at("seed=2,rate=b", "y")
      ],
      (text) => text
    )
    assert.deepStrictEqual(found, ["seed"])
  })

  it("names none that changed something once, nor one with a single value", () => {
    const values = [
      at("seed=1,rate=a", 1),
      at("seed=2,rate=a", 1),
      at("seed=1,rate=b", 2),
      at("seed=2,rate=b", 3)
    ]
    assert.deepStrictEqual(axesWithoutEffect(values, String), [])
    assert.deepStrictEqual(axesWithoutEffect([at("seed=1", 1)], String), [])
  })

  it("compares metrics by every number", () => {
    const same = metrics({ a: Number.POSITIVE_INFINITY }, [{ mse: 1 }])
    assert.strictEqual(metricsIdentity(same), metricsIdentity({ ...same }))
    assert.notStrictEqual(metricsIdentity(same), metricsIdentity(metrics({ a: 1 }, [{ mse: 1 }])))
    assert.notStrictEqual(
      metricsIdentity(same),
      metricsIdentity(metrics(same.scalars, [{ mse: 1 + Number.EPSILON }]))
    )
  })
})

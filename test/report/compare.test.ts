import { assert, describe, it } from "@effect/vitest"
import { changesOf } from "../../src/report/compare/json-changes.ts"
import { differenceOf } from "../../src/report/compare/numbers.ts"
import { compareValues } from "../../src/report/compare/values.ts"
import type { Image, Metrics } from "../../src/values/values.ts"

const image = (data: ReadonlyArray<number>): Image => ({
  type: "Image",
  shape: [1, data.length, 1],
  range: "[-1,1]",
  data: Float32Array.from(data)
})

describe("differenceOf", () => {
  it("finds the largest difference and where it is", () => {
    assert.deepStrictEqual(differenceOf([1, 2, 3], [1, 2.5, 5]), {
      count: 3,
      different: 2,
      largest: 2,
      at: 2,
      mse: (0.25 + 4) / 3
    })
  })

  it("takes NaN beside NaN for equal, and counts NaN beside a number", () => {
    assert.strictEqual(differenceOf([Number.NaN], [Number.NaN]).different, 0)
    const found = differenceOf([Number.NaN, 1], [0, 1])
    assert.deepStrictEqual([found.different, found.largest, found.at], [1, 0, 0])
  })
})

describe("compareValues", () => {
  it("says nothing of equal values", () => {
    assert.isUndefined(compareValues(image([0, 1]), image([0, 1])))
  })

  it("measures images by their range", () => {
    const found = compareValues(image([0, 1]), image([0, 0]))
    assert.deepStrictEqual(found, {
      kind: "numbers",
      count: 2,
      different: 1,
      largest: 1,
      at: [0, 1, 0],
      mse: 0.5,
      // Peak 2, since the range is [-1,1].
      psnr: 10 * Math.log10(4 / 0.5)
    })
  })

  it("has no PSNR where only NaN differs, since JSON has no infinity", () => {
    const found = compareValues(image([0, Number.NaN]), image([0, 0]))
    assert.isTrue(found?.kind === "numbers" && found.psnr === undefined && found.mse === 0)
  })

  it("does not compare numbers of different shapes", () => {
    const found = compareValues(image([0]), image([0, 1]))
    assert.deepStrictEqual(found, {
      kind: "type",
      before: "Image[1,1,1] in [-1,1]",
      after: "Image[1,2,1] in [-1,1]"
    })
  })

  it("sees labels that differ though the numbers do not", () => {
    const images = { ...image([0]), type: "Images" as const, shape: [1, 1, 1, 1] as const }
    const found = compareValues({ ...images, labels: ["t=1"] }, { ...images, labels: ["t=2"] })
    assert.deepStrictEqual(found, {
      kind: "changes",
      changes: [{ path: "[0]", before: "t=1", after: "t=2" }]
    })
  })

  it("compares metrics number by number", () => {
    const metrics = (mse: number): Metrics => ({
      type: "Metrics",
      scalars: { mse },
      series: [{ t: 0, mse }]
    })
    const found = compareValues(metrics(1), metrics(2))
    assert.deepStrictEqual(found?.kind === "changes" ? found.changes.map(({ path }) => path) : [], [
      "scalars.mse",
      "series[0].mse"
    ])
  })

  it("compares numbers that JSON cannot hold", () => {
    const metrics = (psnr: number): Metrics => ({
      type: "Metrics",
      scalars: { psnr, loss: Number.NaN },
      series: [{ psnr }]
    })
    assert.isUndefined(compareValues(metrics(Infinity), metrics(Infinity)))
    assert.deepStrictEqual(compareValues(metrics(Infinity), metrics(Number.NaN)), {
      kind: "changes",
      changes: [
        { path: "scalars.psnr", before: "Infinity", after: "NaN" },
        { path: "series[0].psnr", before: "Infinity", after: "NaN" }
      ]
    })
  })

  it("compares schedules by what is left of the signal", () => {
    const schedule = (last: number) => ({
      type: "NoiseSchedule" as const,
      kind: "linear",
      betas: [0.1, last],
      alphaBar: [0.9, 0.9 * (1 - last)]
    })
    const found = compareValues(schedule(0.2), schedule(0.3))
    assert.isTrue(
      found?.kind === "numbers" && found.at[0] === 1 && Math.abs(found.largest - 0.09) < 1e-12
    )
  })
})

describe("changesOf", () => {
  it("names what changed, what is new and what is gone", () => {
    assert.deepStrictEqual(
      changesOf({ a: 1, b: [1, 2], c: true }, { a: 1, b: [1, 3, 4], d: null }),
      [
        { path: "b[1]", before: 2, after: 3 },
        { path: "b[2]", after: 4 },
        { path: "c", before: true },
        { path: "d", after: null }
      ]
    )
  })
})

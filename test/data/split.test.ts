import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { shuffled } from "../../src/engine/random/shuffled.ts"
import { splitPlaces, subsetPlaces } from "../../src/data/split.ts"
import { labelled } from "./small-dataset.ts"

const labelLists = fc.array(fc.nat({ max: 2 }), { minLength: 2, maxLength: 60 })

describe("shuffled", () => {
  it("has each number once, in an order that seed and stream choose", () => {
    const order = shuffled(100, 1, "s")
    assert.deepStrictEqual(
      [...order].toSorted((a, b) => a - b),
      [...Array(100).keys()]
    )
    assert.deepStrictEqual(order, shuffled(100, 1, "s"))
    assert.notDeepEqual(order, shuffled(100, 2, "s"))
    assert.notDeepEqual(order, shuffled(100, 1, "t"))
  })

  it("has every order about equally often", () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 6000; seed++) {
      const order = shuffled(3, seed, "s").join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    assert.strictEqual(counts.size, 6)
    // 1000 each with a deviation of 29.
    for (const count of counts.values()) assert.closeTo(count, 1000, 120)
  })
})

describe("splitPlaces", () => {
  it("gives each image to one part, in order", () => {
    fc.assert(
      fc.property(labelLists, fc.boolean(), fc.nat(), (labels, stratified, seed) => {
        const size = 1 + (seed % (labels.length - 1))
        const { first, rest } = splitPlaces(labelled(labels), { seed, size, stratified })
        assert.strictEqual(first.length, size)
        assert.deepStrictEqual(
          [...first, ...rest].toSorted((a, b) => a - b),
          [...labels.keys()]
        )
        for (const part of [first, rest]) {
          assert.deepStrictEqual(
            [...part],
            [...part].toSorted((a, b) => a - b)
          )
        }
      })
    )
  })

  it("takes fractions, and shares the classes out where it is to", () => {
    const labels = Array.from({ length: 100 }, (_, index) => (index < 70 ? 0 : index < 90 ? 1 : 2))
    const { first } = splitPlaces(labelled(labels), { seed: 3, size: 0.1, stratified: true })
    assert.deepStrictEqual(
      [0, 1, 2].map((label) => first.filter((place) => labels[place] === label).length),
      [7, 2, 1]
    )
  })

  it("puts a smaller part into a larger one", () => {
    fc.assert(
      fc.property(labelLists, fc.boolean(), fc.nat(), (labels, stratified, seed) => {
        const of = (size: number) => splitPlaces(labelled(labels), { seed, size, stratified }).first
        const larger = new Set(of(labels.length - 1))
        for (let size = 1; size < labels.length; size++) {
          assert.isTrue(of(size).every((place) => larger.has(place)))
        }
      }),
      { numRuns: 30 }
    )
  })

  it("has each class within one of its share", () => {
    fc.assert(
      fc.property(labelLists, fc.nat(), (labels, seed) => {
        const size = 1 + (seed % (labels.length - 1))
        const { first } = splitPlaces(labelled(labels), { seed, size, stratified: true })
        for (const label of new Set(labels)) {
          const found = first.filter((place) => labels[place] === label).length
          const all = labels.filter((other) => other === label).length
          assert.isAtMost(Math.abs(found - (size * all) / labels.length), 1)
        }
      })
    )
  })
})

describe("subsetPlaces", () => {
  const set = labelled([0, 0, 0, 1, 2, 1, 2, 1])
  const places = (request: Partial<Parameters<typeof subsetPlaces>[1]>) => [
    ...subsetPlaces(set, { from: 0, balanced: false, ...request })
  ]

  it("takes the first images, from some place on, of some classes", () => {
    assert.deepStrictEqual(places({ count: 3 }), [0, 1, 2])
    assert.deepStrictEqual(places({ from: 6 }), [6, 7])
    assert.deepStrictEqual(places({ classes: [1, 2], count: 3 }), [3, 4, 5])
    assert.deepStrictEqual(places({ classes: [2] }), [4, 6])
  })

  it("takes equally many of each class", () => {
    assert.deepStrictEqual(places({ balanced: true }), [0, 1, 3, 4, 5, 6])
    assert.deepStrictEqual(places({ balanced: true, count: 4 }), [0, 1, 3, 4])
    assert.deepStrictEqual(places({ balanced: true, classes: [0, 1] }), [0, 1, 2, 3, 5, 7])
  })
})

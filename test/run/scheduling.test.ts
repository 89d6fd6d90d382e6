import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { StageInstance } from "../../src/language/pipeline.ts"
import { makeDependencies } from "../../src/run/dependencies.ts"
import { makeLanes } from "../../src/run/lanes.ts"
import { makeReadyQueue } from "../../src/run/ready-queue.ts"
import { makeSlots, requirementOf } from "../../src/run/slots.ts"

describe("the ready queue", () => {
  it("hands out the earliest, whatever the order they came in", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.array(fc.boolean()), (positions, takes) => {
        const queue = makeReadyQueue<number>()
        const model: Array<number> = []
        for (const [index, position] of positions.entries()) {
          queue.push(position, position)
          model.push(position)
          model.sort((a, b) => a - b)
          if (takes[index] === true) assert.strictEqual(queue.shift(), model.shift())
          assert.strictEqual(queue.first()?.item, model[0])
          assert.strictEqual(queue.size, model.length)
        }
        while (queue.size > 0) assert.strictEqual(queue.shift(), model.shift())
        assert.isUndefined(queue.shift())
      })
    )
  })
})

describe("slots", () => {
  const total = { cpu: 4, gpu: 1, memoryBytes: 1000 }

  it("ask for one core unless told, and for no more than there is", () => {
    assert.deepStrictEqual(requirementOf({}, total), { cpu: 1, gpu: 0, memoryBytes: 0 })
    assert.deepStrictEqual(requirementOf({ cpu: 64, gpu: 1, memoryBytes: 5000 }, total), {
      cpu: 4,
      gpu: 1,
      memoryBytes: 1000
    })
  })

  it("are never given out twice, and all come back", () => {
    const amounts = fc.record({
      cpu: fc.constantFrom(0.1, 0.2, 0.7, 1, 3),
      gpu: fc.constantFrom(0, 1),
      memoryBytes: fc.nat(1000)
    })
    fc.assert(
      fc.property(fc.array(amounts, { maxLength: 50 }), (wishes) => {
        const slots = makeSlots(total)
        const taken = wishes.filter((wish) => {
          if (!slots.fits(wish)) return false
          slots.take(wish)
          return true
        })
        const sum = (of: (wish: (typeof taken)[number]) => number) =>
          taken.reduce((all, wish) => all + of(wish), 0)
        assert.isAtMost(
          sum((wish) => wish.cpu),
          4 + 1e-5
        )
        assert.isAtMost(
          sum((wish) => wish.gpu),
          1
        )
        assert.isAtMost(
          sum((wish) => wish.memoryBytes),
          1000
        )
        for (const wish of taken) slots.release(wish)
        assert.isTrue(slots.fits(total))
      })
    )
  })
})

describe("lanes", () => {
  const narrow = { cpu: 1, gpu: 0, memoryBytes: 0 }
  const wide = { cpu: 2, gpu: 0, memoryBytes: 0 }
  const onGpu = { cpu: 1, gpu: 1, memoryBytes: 0 }
  const lanesOf = (taken: typeof narrow) => {
    const slots = makeSlots({ cpu: 2, gpu: 1, memoryBytes: 0 })
    slots.take(taken)
    return { slots, lanes: makeLanes<string>(slots) }
  }

  it("give the earliest of the pipeline", () => {
    const { lanes } = lanesOf({ cpu: 0, gpu: 0, memoryBytes: 0 })
    lanes.push(2, narrow, "c")
    lanes.push(0, wide, "a")
    lanes.push(1, onGpu, "b")
    assert.deepStrictEqual(
      [lanes.next()?.item, lanes.next()?.item, lanes.next()?.item, lanes.next()],
      ["a", "b", "c", undefined]
    )
  })

  it("do not let a narrow stage overtake one that waits for cores", () => {
    const { lanes, slots } = lanesOf(narrow)
    lanes.push(0, wide, "wide")
    lanes.push(1, narrow, "narrow")
    assert.isUndefined(lanes.next())
    slots.release(narrow)
    assert.strictEqual(lanes.next()?.item, "wide")
  })

  it("let others overtake one that waits for a GPU", () => {
    const { lanes } = lanesOf(onGpu)
    lanes.push(0, onGpu, "gpu")
    lanes.push(1, narrow, "cpu")
    assert.strictEqual(lanes.next()?.item, "cpu")
    assert.isUndefined(lanes.next())
    assert.strictEqual(lanes.size, 1)
  })
})

describe("dependencies", () => {
  /** Instances by number; each reads some of those before it. */
  const graph = fc
    .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 30 })
    .map((rows) => rows.map((row, index) => (index === 0 ? [] : row.map((n) => n % index))))
  const instancesOf = (rows: ReadonlyArray<ReadonlyArray<number>>) =>
    rows.map(
      (row, index) =>
        ({
          id: String(index),
          inputs: {
            all: {
              kind: "many",
              items: row.map((n) => ({ label: "", from: { instance: String(n), port: "x" } }))
            }
          }
        }) as unknown as StageInstance
    )

  it("free each instance exactly once, after all that it reads", () => {
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat()), (rows, choices) => {
        const dependencies = makeDependencies(instancesOf(rows))
        const open = [...dependencies.free]
        const done: Array<string> = []
        while (open.length > 0) {
          const [id = ""] = open.splice((choices.next().value ?? 0) % open.length, 1)
          for (const needed of rows[Number(id)] ?? []) assert.include(done, String(needed))
          done.push(id)
          open.push(...dependencies.finish(id))
        }
        assert.strictEqual(new Set(done).size, rows.length)
        assert.strictEqual(done.length, rows.length)
      })
    )
  })

  it("name what a failure reaches, each instance once", () => {
    fc.assert(
      fc.property(graph, (rows) => {
        const dependencies = makeDependencies(instancesOf(rows))
        const reached = new Set(["0"])
        rows.forEach((row, index) => {
          if (row.some((n) => reached.has(String(n)))) reached.add(String(index))
        })
        reached.delete("0")
        assert.deepStrictEqual(dependencies.fail("0"), [...reached])
        assert.deepStrictEqual(dependencies.fail("0"), [])
      })
    )
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { sha256 } from "../../src/base/digest.ts"
import type { StageInstance } from "../../src/language/pipeline.ts"
import type { Decision } from "../../src/plan/plan.ts"
import { type DriverTools, type Happening, makeDriver } from "../../src/run/driver.ts"
import type { ActionOutput, Recipe } from "../../src/store/action.ts"

/** A run without processes, disk or time: the test plays all of them, in an order that the property chooses. */
const play = (
  graph: ReadonlyArray<ReadonlyArray<number>>,
  options: {
    readonly jobs: number
    readonly keepGoing: boolean
    /** Instances whose results are in the store, once their inputs are known. */
    readonly stored: ReadonlySet<string>
    readonly failing: ReadonlySet<string>
    /** Instances that another process computes; it gives up when `false`. */
    readonly elsewhere: ReadonlyMap<string, boolean>
  },
  choose: (count: number) => number
) => {
  const ids = graph.map((_, index) => `s${index}`)
  const instances = graph.map((row, index): StageInstance => ({
    id: `s${index}`,
    stage: `s${index}`,
    point: {},
    uses: "x",
    params: {},
    files: {},
    inputs: {
      in: {
        kind: "many",
        items: row.map((n) => ({ label: "", from: { instance: `s${n}`, port: "out" } }))
      }
    },
    outputs: { out: "Metrics" },
    resources: {},
    position: { file: "", line: 1, column: 1, length: 1 }
  }))
  const outputs = (id: string): { readonly out: ActionOutput } => ({
    out: { digest: sha256(id), type: "Metrics" }
  })
  const recipe = {} as Recipe
  const stored = new Set(options.stored)
  const held = new Set<string>()
  const events: Array<Happening> = []
  const pending: Array<() => void> = []
  let running = 0
  let mostRunning = 0
  const decisions = instances.map((instance): Decision => {
    const { id } = instance
    const key = sha256(id)
    const inputs = graph[ids.indexOf(id)] ?? []
    return inputs.length > 0
      ? { state: "depends", instance, on: inputs.map((n) => `s${n}`), causes: [] }
      : stored.has(id)
        ? { state: "known", instance, key, outputs: outputs(id) }
        : { state: "run", instance, key, recipe, causes: [] }
  })
  const tools: DriverTools = {
    emit: (event) => events.push(event),
    decide: (instance, outputsOf) => {
      for (const n of graph[ids.indexOf(instance.id)] ?? []) {
        assert.isDefined(outputsOf(`s${n}`), `${instance.id} was decided without s${n}`)
      }
      const key = sha256(instance.id)
      return stored.has(instance.id)
        ? { state: "known", key, outputs: outputs(instance.id) }
        : { state: "run", key, recipe }
    },
    reasonOf: () => "",
    confirm: (id) => pending.push(() => driver.confirmed(id)),
    claim: (key) => {
      const id = ids.find((id) => sha256(id) === key) ?? ""
      if (options.elsewhere.has(id) && !watchedBefore.has(id)) {
        return { held: false, describe: "process 1" }
      }
      assert.isFalse(held.has(id), `${id} was claimed twice`)
      held.add(id)
      return { held: true, release: () => void held.delete(id) }
    },
    logOf: (id) => `${id}.log`,
    lastLinesOf: () => [],
    start: ({ instance: { id } }) => {
      running += 1
      mostRunning = Math.max(mostRunning, running)
      pending.push(() => {
        running -= 1
        driver.settled(
          id,
          options.failing.has(id)
            ? { _tag: "Failed", message: "no", seconds: 0 }
            : { _tag: "Done", outputs: outputs(id), blobs: [], seconds: 0 }
        )
      })
      return { worker: 1 }
    },
    commit: (id) => {
      pending.push(() => {
        stored.add(id)
        driver.committed(id)
      })
    },
    watch: (id) => {
      watchedBefore.add(id)
      pending.push(() => {
        if (options.elsewhere.get(id) === true) stored.add(id)
        driver.retry(id)
      })
    },
    unwatchAll: () => {},
    changedSince: () => undefined
  }
  const watchedBefore = new Set<string>()
  const driver = makeDriver(
    {
      plan: { decisions },
      keepGoing: options.keepGoing,
      total: { cpu: options.jobs, gpu: 0, memoryBytes: 0 }
    },
    tools
  )
  driver.begin()
  driver.dispatch()
  while (!driver.finished()) {
    assert.isAbove(pending.length, 0, "the run waits for nothing")
    const [happen] = pending.splice(choose(pending.length), 1)
    happen?.()
    driver.dispatch()
  }
  return { outcomes: driver.end(), events, held, mostRunning, ids }
}

const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 25 })
  .map((rows) => rows.map((row, index) => (index === 0 ? [] : row.map((n) => n % index))))

const some = (ids: ReadonlyArray<number>, count: number) => new Set(ids.map((n) => `s${n % count}`))

describe("the driver", () => {
  it("settles every instance once, in whatever order things happen", () => {
    fc.assert(
      fc.property(
        graphs,
        fc.record({ jobs: fc.integer({ min: 1, max: 4 }), keepGoing: fc.boolean() }),
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 2 }),
        fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 3 }),
        fc.infiniteStream(fc.nat()),
        (graph, { jobs, keepGoing }, storedIds, failingIds, awaited, choices) => {
          const stored = some(storedIds, graph.length)
          const failing = some(failingIds, graph.length)
          const elsewhere = new Map(awaited.map(([n, done]) => [`s${n % graph.length}`, done]))
          const { events, held, ids, mostRunning, outcomes } = play(
            graph,
            { jobs, keepGoing, stored, failing, elsewhere },
            (count) => (choices.next().value ?? 0) % count
          )
          assert.deepStrictEqual(
            outcomes.map(({ id }) => id),
            ids
          )
          assert.strictEqual(held.size, 0)
          assert.isAtMost(mostRunning, jobs)
          const ends = events.flatMap((event) =>
            ["StageKnown", "StageSucceeded", "StageFailed", "StageSkipped"].includes(event._tag) &&
            "id" in event
              ? [event.id]
              : []
          )
          assert.deepStrictEqual(ends.toSorted(), ids.toSorted())
          const state = new Map(outcomes.map((outcome) => [outcome.id, outcome.state]))
          for (const [index, row] of graph.entries()) {
            const broken = row.some((n) => ["failed", "skipped"].includes(state.get(`s${n}`) ?? ""))
            const mine = state.get(`s${index}`)
            if (broken) assert.strictEqual(mine, "skipped")
            // With --keep-going nothing is skipped without such a reason.
            else if (keepGoing) assert.notStrictEqual(mine, "skipped")
          }
        }
      )
    )
  })

  it("starts instances in the order of the pipeline", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (count, jobs) => {
          const { events } = play(
            Array.from({ length: count }, () => []),
            {
              jobs,
              keepGoing: false,
              stored: new Set(),
              failing: new Set(),
              elsewhere: new Map()
            },
            () => 0
          )
          const started = events.flatMap((event) =>
            event._tag === "StageStarted" ? [event.id] : []
          )
          assert.deepStrictEqual(
            started,
            Array.from({ length: count }, (_, index) => `s${index}`)
          )
        }
      )
    )
  })
})

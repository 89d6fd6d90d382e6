/** Runs of stages that are made of parts. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { RunEvent } from "../../src/run/events.ts"
import { countsOf, type InstanceOutcome } from "../../src/run/outcome.ts"
import { placeFiles } from "../../src/run/result-paths.ts"
import { type Lab, numberOf, type Pipeline, type StageSpec } from "./lab.ts"
import { openLab } from "./open-lab.ts"

/** `walk/step-1` is `first`, and each further step adds 1. */
const steps = (count: number, name = "walk", first = 1): Pipeline =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index): [string, StageSpec] => [
      `${name}/step-${index + 1}`,
      index === 0
        ? { uses: "number", with: { value: first } }
        : { uses: "add", with: { plus: 1 }, in: { terms: [`${name}/step-${index}.number`] } }
    ])
  )

const walk = (count: number, name = "walk", first = 1): Pipeline => ({
  ...steps(count, name, first),
  [name]: { uses: "add", with: { plus: 0 }, in: { terms: [`${name}/step-${count}.number`] } }
})

const after: Pipeline = { after: { uses: "sign", in: { number: "walk.number" } } }

const counts = (ran: Awaited<ReturnType<Lab["run"]>>) => ran.outcome.record.counts

describe("a run of parts", () => {
  it("counts an instance and its parts as one, and runs only the parts that are missing", async () => {
    const lab = openLab()
    const first = await lab.run({ ...walk(2), ...after })
    assert.deepStrictEqual(counts(first), {
      total: 2,
      known: 0,
      ran: 2,
      failed: 0,
      skipped: 0,
      parts: 2,
      partsRan: 2
    })
    const longer = await lab.run({ ...walk(4), ...after })
    assert.deepStrictEqual(longer.of("StageSucceeded"), [
      "walk/step-3",
      "walk/step-4",
      "walk",
      "after"
    ])
    assert.strictEqual(numberOf(lab, longer, "walk"), 4)
    assert.deepInclude(counts(longer), { total: 2, known: 0, ran: 2, parts: 4, partsRan: 2 })
    const started = longer.events.find(({ _tag }) => _tag === "RunStarted")
    assert.deepInclude(started, { total: 2, parts: 4 })
    const shorter = await lab.run({ ...walk(2), ...after })
    assert.deepInclude(counts(shorter), { total: 2, known: 2, ran: 0, parts: 2, partsRan: 0 })
  })

  it("fails the instance whose part fails, and keeps the parts before it", async () => {
    const lab = openLab()
    const broken: Pipeline = {
      "walk/step-1": { uses: "number", with: { value: 1 } },
      "walk/step-2": { uses: "fail", with: { how: "user" }, in: { after: "walk/step-1.number" } },
      walk: { uses: "add", with: { plus: 0 }, in: { terms: ["walk/step-2.number"] } },
      ...after
    }
    const failed = await lab.run(broken)
    assert.deepInclude(counts(failed), { total: 2, failed: 1, skipped: 1, partsRan: 1 })
    const skipped = failed.events.find((event) => event._tag === "StageSkipped")
    assert.deepInclude(skipped, { id: "walk", because: "walk/step-2 failed" })
    const failure = failed.events.find((event) => event._tag === "StageFailed")
    assert.isTrue(failure?._tag === "StageFailed" && failure.log.endsWith(".log"))
    const mended = await lab.run({ ...walk(2), ...after })
    assert.deepStrictEqual(mended.of("StageSucceeded"), ["walk/step-2", "walk", "after"])
  })

  it("keeps the parts that were done when it is interrupted", async () => {
    const lab = openLab()
    const slow: Pipeline = {
      ...steps(2),
      "walk/step-3": {
        uses: "wait",
        with: { folder: lab.folder, manner: "obedient", value: 3 },
        in: { after: "walk/step-2.number" }
      },
      walk: { uses: "add", with: { plus: 0 }, in: { terms: ["walk/step-3.number"] } }
    }
    const events: Array<RunEvent> = []
    const fiber = Effect.runFork(
      lab.program(slow, { jobs: 1, onEvent: (event) => events.push(event) })
    )
    const hasBegun = () => readdirSync(lab.folder).some((name) => name.startsWith("started-"))
    while (!hasBegun()) await new Promise((resolve) => setTimeout(resolve, 5))
    await Effect.runPromise(Fiber.interrupt(fiber))
    const [record] = lab.options({}).store.runs.list()
    assert.strictEqual(record?.state, "interrupted")
    assert.deepInclude(record?.counts, { total: 1, skipped: 1, parts: 3, partsRan: 2 })
    const next = await lab.run(walk(3))
    assert.deepStrictEqual(next.of("StageSucceeded"), ["walk/step-3", "walk"])
  })

  it("gives the parts of an instance to one worker, as long as it is free", async () => {
    const lab = openLab()
    const ran = await lab.run({ ...walk(1, "short"), ...walk(6, "long", 10) }, { jobs: 2 })
    const workers = new Map(
      ran.events.flatMap((event) =>
        event._tag === "StageStarted" ? [[event.id, event.worker] as const] : []
      )
    )
    const ofLong = [1, 2, 3, 4, 5, 6].map((step) => workers.get(`long/step-${step}`))
    assert.deepStrictEqual(ofLong, [2, 2, 2, 2, 2, 2])
    assert.strictEqual(workers.get("long"), 2)
  })

  it("has no other stage at a time whose threads take all cores", async () => {
    const lab = openLab()
    const workersWith = async (coresEach: number, first: number) => {
      const ran = await lab.run(
        { ...walk(3, "a", first), ...walk(3, "b", first + 10) },
        { jobs: 2, coresEach, tensors: ["number", "add"] }
      )
      return new Set(
        ran.events.flatMap((event) => (event._tag === "StageStarted" ? [event.worker] : []))
      ).size
    }
    assert.strictEqual(await workersWith(2, 100), 1)
    assert.strictEqual(await workersWith(1, 200), 2)
  })
})

describe("counts", () => {
  const outcome = (id: string, state: InstanceOutcome["state"]): InstanceOutcome => ({
    id,
    uses: "x",
    state
  })

  it("call an instance what its parts came to at worst", () => {
    const counted = (...states: ReadonlyArray<InstanceOutcome["state"]>) =>
      countsOf(
        states.map((state, index) =>
          outcome(index + 1 === states.length ? "a" : `a/${index}`, state)
        )
      )
    assert.deepInclude(counted("known", "ran", "known"), { total: 1, ran: 1, known: 0 })
    assert.deepInclude(counted("ran", "failed", "skipped"), { total: 1, failed: 1, skipped: 0 })
    assert.deepInclude(counted("known", "skipped", "skipped"), {
      total: 1,
      skipped: 1,
      partsRan: 0
    })
  })

  it("hold without parts, and for parts whose instance was not asked for", () => {
    assert.deepStrictEqual(countsOf([outcome("a", "ran"), outcome("b[path=x/y]", "known")]), {
      total: 2,
      known: 1,
      ran: 1,
      failed: 0,
      skipped: 0
    })
    assert.deepInclude(
      countsOf([outcome("a/1", "ran"), outcome("a/2", "ran"), outcome("b", "known")]),
      {
        total: 2,
        ran: 1,
        known: 1,
        parts: 2
      }
    )
  })
})

describe("files of parts", () => {
  it("go to a folder of the part's name, below the point's", () => {
    const file = (stage: string, part: string, point = {}) => ({
      instance: { id: `${stage}/${part}`, stage, part, point },
      port: "file",
      name: "a.png"
    })
    const { placed } = placeFiles(
      [file("train", "epoch-1"), file("train", "epoch-2", { lr: "1" }), file("other", "epoch-1")],
      []
    )
    assert.deepStrictEqual(
      placed.map(({ path }) => path),
      [
        join("epoch-1", "train", "a.png"),
        join("lr=1", "epoch-2", "a.png"),
        join("epoch-1", "other", "a.png")
      ]
    )
  })
})

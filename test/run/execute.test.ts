import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { numberOf, type Pipeline } from "./lab.ts"
import { openLab } from "./open-lab.ts"

const chain = (value: number): Pipeline => ({
  a: { uses: "number", with: { value } },
  b: { uses: "sign", in: { number: "a.number" } },
  c: { uses: "add", with: { plus: 10 }, in: { terms: ["a.number", "b.number"] } },
  d: { uses: "add", with: { plus: 1 }, in: { terms: ["b.number"] } }
})

describe("a run", () => {
  it("runs what is not known, in order, and remembers it", async () => {
    const lab = openLab()
    const first = await lab.run(chain(3))
    assert.deepStrictEqual([...first.of("StageSucceeded")].toSorted(), ["a", "b", "c", "d"])
    assert.strictEqual(first.of("StageSucceeded")[0], "a")
    assert.deepStrictEqual(first.outcome.record.counts, {
      total: 4,
      known: 0,
      ran: 4,
      failed: 0,
      skipped: 0
    })
    assert.strictEqual(first.outcome.record.state, "done")
    assert.strictEqual(numberOf(lab, first, "c"), 14)
    const second = await lab.run(chain(3))
    assert.deepStrictEqual(second.of("StageKnown"), ["a", "b", "c", "d"])
    assert.deepStrictEqual(second.of("StageStarted"), [])
    assert.strictEqual(second.outcome.record.manifest, first.outcome.record.manifest)
    assert.deepStrictEqual(readdirSync(join(lab.storeRoot, "claims")), [])
    assert.deepStrictEqual(readdirSync(join(lab.storeRoot, "tmp")), [])
  })

  it("stops where a changed stage gives the same bits", async () => {
    const lab = openLab()
    await lab.run(chain(3))
    const ran = await lab.run(chain(4))
    assert.deepStrictEqual([...ran.of("StageStarted")].toSorted(), ["a", "b", "c"])
    const early = ran.events.find((event) => event._tag === "StageKnown")
    assert.deepInclude(early, { id: "d", early: true })
    assert.strictEqual(numberOf(lab, ran, "c"), 15)
  })

  it("computes equal instances once", async () => {
    const lab = openLab()
    const ran = await lab.run({
      a: { uses: "number", with: { value: 1 } },
      b: { uses: "number", with: { value: 1 } },
      c: { uses: "add", with: { plus: 0 }, in: { terms: ["a.number", "b.number"] } }
    })
    assert.deepStrictEqual(ran.of("StageStarted"), ["a", "c"])
    assert.deepStrictEqual(ran.of("StageKnown"), ["b"])
    assert.strictEqual(numberOf(lab, ran, "c"), 2)
  })

  it("runs what is forced, though it is known", async () => {
    const lab = openLab()
    await lab.run(chain(3))
    const ran = await lab.run(chain(3), { forced: ["b"] })
    assert.deepStrictEqual(ran.of("StageStarted"), ["b"])
    assert.deepStrictEqual(ran.of("StageKnown"), ["a", "c", "d"])
  })

  it("uses known results of stages that were not selected", async () => {
    const lab = openLab()
    await lab.run(chain(3))
    const changed = { ...chain(3), d: { uses: "sign", in: { number: "b.number" } } }
    const more = {
      ...changed,
      e: { uses: "add", with: { plus: 5 }, in: { terms: ["d.number", "a.number"] } }
    }
    const ran = await lab.run(more, { selection: new Set(["d", "e"]) })
    assert.deepStrictEqual(ran.of("StageStarted"), ["d", "e"])
    assert.strictEqual(numberOf(lab, ran, "e"), 9)
  })

  it("writes its events into the run's log", async () => {
    const lab = openLab()
    const { events, outcome } = await lab.run(chain(1))
    const { store } = lab.options({})
    const { readFileSync } = await import("node:fs")
    const lines = readFileSync(join(store.runs.folder(outcome.record.name), "events.jsonl"), "utf8")
    assert.deepStrictEqual(
      lines
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
      JSON.parse(JSON.stringify(events))
    )
  })

  it("says so when a stage asks for more GPUs than there are", async () => {
    const lab = openLab()
    const pipeline: Pipeline = { a: { uses: "number", with: { value: 1 }, resources: { gpu: 2 } } }
    const error = await lab.run(pipeline).then(
      () => undefined,
      (error: unknown) => error
    )
    assert.match(String(error), /a asks for 2 GPUs, this run has 1/)
    const ran = await lab.run(pipeline, { gpus: 2 })
    assert.deepStrictEqual(ran.of("StageSucceeded"), ["a"])
  })
})

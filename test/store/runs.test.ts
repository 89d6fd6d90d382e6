import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as fc from "fast-check"
import { assert, describe, expect, it } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import { UserError } from "../../src/base/user-error.ts"
import { thisProcess } from "../../src/store/liveness.ts"
import { adjectives, isRunName, nouns, suggestRunName } from "../../src/store/run-names.ts"
import { openStore } from "../../src/store/store.ts"
import { kill, nextMessage, startChild } from "./processes.ts"
import {
  commitAction,
  finishedRun,
  manifestOf,
  runStart,
  temporaryStore
} from "./temporary-store.ts"

describe("names of runs", () => {
  it("are two plain words and a number", () => {
    for (const words of [adjectives, nouns]) {
      assert.isAtLeast(words.length, 60)
      assert.strictEqual(new Set(words).size, words.length)
      assert.isTrue(words.every((word) => /^[a-z]{3,9}$/.test(word)))
    }
    for (let attempt = 0; attempt < 200; attempt++)
      assert.isTrue(isRunName(suggestRunName(attempt)))
    assert.isFalse(isRunName("../../etc"))
  })
})

describe("a run", () => {
  it("is seen from its creation on, and as finished afterwards", async () => {
    const store = temporaryStore()
    const action = await commitAction(store, "noise/add")
    const start = runStart({ set: ["params.seed=1"], params: { seed: 1 } })
    const run = store.runs.create(start)
    const begun = store.runs.get(run.name)
    assert.deepStrictEqual(begun, { version: 1, name: run.name, ...start, driver: thisProcess() })
    const manifest = manifestOf({ noisy: action })
    const counts = { total: 1, known: 0, ran: 1, failed: 0, skipped: 0 }
    const end = { state: "done", finishedAt: "2026-01-01T00:00:09.000Z", counts } as const
    const record = await run.finish({ ...end, manifest })
    assert.deepStrictEqual(record, { ...begun!, ...end, manifest: record.manifest! })
    assert.deepStrictEqual(openStore(store.root).runs.get("last"), record)
    assert.deepStrictEqual(store.runs.manifest(record), manifest)
    assert.deepStrictEqual(readdirSync(run.folder).toSorted(), ["events.jsonl", "logs", "run.json"])
  })

  it("shares its manifest with a run that gave the same", async () => {
    const store = temporaryStore()
    const action = await commitAction(store, "noise/add")
    const [first, second] = [
      await finishedRun(store, { noisy: action }),
      await finishedRun(store, { noisy: action }, { known: true })
    ]
    assert.notStrictEqual(first.name, second.name)
    assert.strictEqual(first.manifest, second.manifest)
  })

  it("writes its events soon, all of them, in order", async () => {
    const store = temporaryStore()
    const run = store.runs.create(runStart())
    const read = () => readFileSync(join(run.folder, "events.jsonl"), "utf8")
    run.append({ _tag: "First", text: "line\nbreak ε" })
    assert.strictEqual(read(), "")
    await sleep(300)
    assert.strictEqual(read(), `{"_tag":"First","text":"line\\nbreak ε"}\n`)
    for (let index = 0; index < 2000; index++) run.append({ index })
    await run.finish({ state: "done" })
    const lines = read().trimEnd().split("\n").slice(1)
    assert.deepStrictEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      Array.from({ length: 2000 }, (_, index) => ({ index }))
    )
  })

  it("writes the events that it has when its process exits without finishing", async () => {
    const { root, runs } = temporaryStore()
    const child = startChild("run-and-exit.ts", [root, "exit"])
    const name = (await nextMessage(child)) as string
    await new Promise((resolve) => void child.once("close", resolve))
    assert.strictEqual(runs.get(name)?.state, "interrupted")
    expect(readFileSync(join(runs.folder(name), "events.jsonl"), "utf8")).toBe(`{"_tag":"Last"}\n`)
  })

  it("is interrupted when its process was killed", async () => {
    const { root, runs } = temporaryStore()
    const child = startChild("run-and-exit.ts", [root, "stay"])
    const name = (await nextMessage(child)) as string
    assert.strictEqual(runs.get(name)?.state, "running")
    await kill(child)
    assert.strictEqual(runs.get(name)?.state, "interrupted")
    assert.deepStrictEqual(
      runs.list().map(({ state }) => state),
      ["interrupted"]
    )
  })

  it("has a log file of its own for each instance, whatever its id", () => {
    const run = temporaryStore().runs.create(runStart())
    const plain = "train[schedule=fixed,seed=180]"
    assert.strictEqual(run.logPath(plain), join(run.folder, "logs", `${plain}.log`))
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 300 })), (ids) => {
        const paths = ids.map(run.logPath)
        assert.strictEqual(new Set(paths).size, ids.length)
        for (const path of paths) {
          assert.strictEqual(dirname(path), join(run.folder, "logs"))
          assert.isBelow(Buffer.byteLength(basename(path)), 200)
          expect(basename(path)).toMatch(/^[\w[\]=,-][\w[\]=,.-]*\.log$/)
        }
      })
    )
  })
})

describe("the list of runs", () => {
  it("has the newest first, and nothing that is no run", async () => {
    const { runs, layout } = temporaryStore()
    for (const second of [5, 9, 1]) {
      const startedAt = `2026-01-01T00:00:0${second}.000Z`
      await runs.create(runStart({ startedAt })).finish({ state: "done" })
    }
    mkdirSync(join(layout.runs, "brisk-otter-7"))
    mkdirSync(join(layout.runs, "brisk-otter-8"))
    writeFileSync(join(layout.runs, "brisk-otter-8", "run.json"), "{")
    assert.deepStrictEqual(
      runs.list().map(({ startedAt }) => startedAt[18]),
      ["9", "5", "1"]
    )
    assert.strictEqual(runs.get("last")?.startedAt[18], "9")
    assert.isUndefined(runs.get("brisk-otter-8"))
    assert.isUndefined(runs.get("../runs"))
  })

  it("holds two thousand", () => {
    const { runs, layout } = temporaryStore()
    const { name } = runs.create(runStart())
    const text = readFileSync(join(layout.runs, name, "run.json"), "utf8")
    for (let index = 1; index <= 2000; index++) {
      const other = `calm-lark-${index}`
      mkdirSync(join(layout.runs, other))
      writeFileSync(join(layout.runs, other, "run.json"), text.replaceAll(name, other))
    }
    assert.strictEqual(runs.list().length, 2001)
  })
})

describe("tags and pins", () => {
  it("name runs, actions and blobs", async () => {
    const { runs, roots, ...store } = temporaryStore()
    const action = await commitAction({ runs, roots, ...store }, "noise/add")
    const [first, second] = [runs.create(runStart()).name, runs.create(runStart()).name]
    roots.tag(first, "baseline")
    assert.strictEqual(runs.get("baseline")?.name, first)
    roots.tag(second, "baseline")
    assert.deepStrictEqual(roots.tags(), [{ tag: "baseline", run: second }])
    roots.untag("baseline")
    assert.isUndefined(runs.get("baseline"))
    roots.pin("b", { action: action.key })
    roots.pin("a", { run: first })
    roots.pin("c", { blob: action.blobs[0]! })
    assert.deepStrictEqual(roots.pins(), [
      { name: "a", target: { run: first } },
      { name: "b", target: { action: action.key } },
      { name: "c", target: { blob: action.blobs[0]! } }
    ])
    roots.unpin("b")
    assert.deepStrictEqual(
      roots.pins().map(({ name }) => name),
      ["a", "c"]
    )
  })

  it("refuse names that are none, and what is not there", () => {
    const { runs, roots } = temporaryStore()
    const run = runs.create(runStart()).name
    for (const name of ["", "last", "../up", "a b", ".hidden", "x".repeat(101)]) {
      expect(() => roots.pin(name, { run }), name).toThrow(UserError)
      expect(() => roots.tag(run, name), name).toThrow(UserError)
    }
    expect(() => roots.tag(run, run)).toThrow(/is the name of a run/)
    expect(() => roots.tag("brisk-otter-7", "t")).toThrow(/no run brisk-otter-7/)
    expect(() => roots.pin("p", { action: sha256("x") })).toThrow(/no action/)
    expect(() => roots.pin("p", { blob: sha256("x") })).toThrow(/no blob/)
    expect(() => roots.unpin("p")).toThrow(/no pin named p/)
    expect(() => roots.untag("t")).toThrow(/no tag named t/)
  })
})

describe("what a run relies on", () => {
  it("is checked again when gc was at work since the store was opened", async () => {
    const store = temporaryStore()
    const [there, gone] = [
      await commitAction(store, "noise/add"),
      await commitAction(store, "image/flip")
    ]
    const run = store.runs.create(runStart())
    assert.deepStrictEqual(await run.protect([there.key, gone.key]), [])
    rmSync(store.blobs.path(gone.outputs["out"]!.digest))
    // Nothing but gc removes results, so without one nothing is looked at.
    assert.deepStrictEqual(await run.protect([there.key, gone.key]), [])
    writeFileSync(join(store.root, "gc.json"), `{"version":1,"nonce":"another"}`)
    assert.deepStrictEqual(await run.protect([there.key, gone.key]), [gone.key])
    await run.finish({ state: "done" })
  })
})

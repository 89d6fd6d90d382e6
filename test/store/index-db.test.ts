import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as fc from "fast-check"
import { assert, describe, expect, it, onTestFinished } from "vitest"
import { type Digest, sha256 } from "../../src/base/digest.ts"
import type { ActionResult } from "../../src/store/action.ts"
import { openIndex, type RunIndex } from "../../src/store/index-db.ts"
import { metricRowsOf, stageRowsOf } from "../../src/store/run-history.ts"
import { openStore, type Store } from "../../src/store/store.ts"
import { encodeValue } from "../../src/values/codec.ts"
import { kill, nextMessage, startChild } from "./processes.ts"
import {
  commitAction,
  finishedRun,
  keyOf,
  recipeOf,
  runStart,
  temporaryFolder,
  temporaryStore
} from "./temporary-store.ts"

const file = "pipelines/demo.yaml"

const indexOf = (store: Store): RunIndex => {
  const index = openIndex(store)
  onTestFinished(index.close)
  return index
}

const latestOf = (store: Store, ids: ReadonlyArray<string> = ["a", "b", "c"]) => {
  const index = openIndex(store)
  const keys = Object.fromEntries(index.latest(file, ids))
  index.close()
  return keys
}

/** Not committed: the index only reads runs. */
const resultOf = (uses: string, version: number, seconds = 1): ActionResult => {
  const recipe = recipeOf(uses, { version })
  const output = { digest: sha256(`${uses} ${version}`), type: "File" }
  return { version: 1, key: keyOf(recipe), recipe, outputs: { out: output }, blobs: [], seconds }
}

describe("the index", () => {
  it("knows the key that each instance had last, of runs that were recorded and of runs that were not", async () => {
    const store = temporaryStore()
    const [a1, a2, b1] = [resultOf("a", 1), resultOf("a", 2), resultOf("b", 1)]
    const first = await finishedRun(store, { a: a1, b: b1 })
    const index = indexOf(store)
    index.recordRun(first, stageRowsOf(store, first), [])
    await finishedRun(store, { a: a2 })
    assert.deepStrictEqual(latestOf(store), { a: a2.key, b: b1.key })
    await finishedRun(store, { a: a1, b: b1 }, { known: true })
    assert.deepStrictEqual(latestOf(store), { a: a1.key, b: b1.key })
    assert.deepStrictEqual(latestOf(store, ["b"]), { b: b1.key })
    assert.strictEqual(indexOf(store).latest("pipelines/other.yaml", ["a"]).size, 0)
    assert.deepStrictEqual(indexOf(store).notices(), [])
  })

  it("expects the time that the same instance took last, or else others of its type", async () => {
    const store = temporaryStore()
    await finishedRun(store, { a: resultOf("noise/add", 1, 100), b: resultOf("noise/add", 2, 2) })
    await finishedRun(store, { a: resultOf("noise/add", 3, 6) })
    await finishedRun(store, { a: resultOf("noise/add", 3, 6) }, { known: true })
    const expected = indexOf(store).expectedSeconds([
      { uses: "noise/add", stageId: "a" },
      { uses: "noise/add", stageId: "c" },
      { uses: "image/flip", stageId: "a" },
      { uses: "image/flip", stageId: "d" }
    ])
    assert.deepStrictEqual(Object.fromEntries(expected), { a: 6, c: (100 + 2 + 6) / 3 })
  })

  it("knows what failed runs and killed ones got done", async () => {
    const store = temporaryStore()
    const [done, failed] = [resultOf("a", 1), resultOf("b", 1)]
    const run = store.runs.create(runStart())
    run.append({ _tag: "StageSucceeded", id: "a", uses: "a", key: done.key, seconds: 3 })
    run.append({
      _tag: "StageFailed",
      id: "b",
      uses: "b",
      key: failed.key,
      seconds: 4,
      reason: "new"
    })
    run.append({ _tag: "StageSkipped", id: "c", uses: "c", because: "b failed" })
    const record = await run.finish({ state: "failed" })
    assert.deepStrictEqual(stageRowsOf(store, record), [
      { id: "a", uses: "a", key: done.key, state: "ran", seconds: 3 },
      { id: "b", uses: "b", key: failed.key, state: "failed", seconds: 4, reason: "new" },
      { id: "c", uses: "c", state: "skipped", reason: "b failed" }
    ])
    assert.deepStrictEqual(latestOf(store), { a: done.key })
    const times = indexOf(store).expectedSeconds([
      { uses: "a", stageId: "a" },
      { uses: "b", stageId: "b" }
    ])
    assert.deepStrictEqual(Object.fromEntries(times), { a: 3 })
  })

  it("has the scalars of all metrics, for every run that gave them", async () => {
    const store = temporaryStore()
    const scalars = { mse: 0.25, psnr: Number.POSITIVE_INFINITY, ssim: Number.NaN }
    const encoded = encodeValue({ type: "Metrics", scalars, series: [] })
    const { output, blobs } = await store.values.put(encoded)
    const action = { ...resultOf("evaluate/image-metrics", 1), outputs: { metrics: output }, blobs }
    const lost = {
      ...resultOf("b", 1),
      outputs: { metrics: { digest: sha256("lost"), type: "Metrics" } }
    }
    const runs = [
      await finishedRun(store, { quality: action, lost }),
      await finishedRun(store, { quality: action, lost }, { known: true })
    ]
    const rows = Object.entries(scalars).map(([name, value]) => ({
      id: "quality",
      port: "metrics",
      name,
      value
    }))
    for (const run of runs) assert.deepStrictEqual(indexOf(store).metrics(run.name), rows)
    assert.deepStrictEqual(metricRowsOf(store, store.runs.manifest(runs[0]!)), rows)
  })

  it("forgets runs that are gone", async () => {
    const store = temporaryStore()
    const old = await finishedRun(store, { a: resultOf("a", 1), b: resultOf("b", 1) })
    await finishedRun(store, { a: resultOf("a", 2) })
    assert.strictEqual(latestOf(store)["b"], resultOf("b", 1).key)
    rmSync(store.runs.folder(old.name), { recursive: true })
    assert.deepStrictEqual(latestOf(store), { a: resultOf("a", 2).key })
  })

  it("gives the same answers whether it was kept up to date or made anew", async () => {
    const ids = ["a", "b", "c"]
    const oneRun = fc.record({
      versions: fc.dictionary(fc.constantFrom(...ids), fc.integer({ min: 1, max: 3 })),
      recorded: fc.boolean(),
      gone: fc.boolean()
    })
    await fc.assert(
      fc.asyncProperty(fc.array(oneRun, { maxLength: 6 }), async (runs) => {
        const folder = temporaryFolder()
        const store = openStore(folder)
        const index = openIndex(store)
        const known = new Set<Digest>()
        for (const { versions, recorded } of runs) {
          const results = Object.entries(versions).map(
            ([id, version]) => [id, resultOf(id, version, version)] as const
          )
          const allKnown = results.every(([, { key }]) => known.has(key))
          for (const [, { key }] of results) known.add(key)
          const run = await finishedRun(store, Object.fromEntries(results), { known: allKnown })
          if (recorded) index.recordRun(run, stageRowsOf(store, run))
        }
        const answers = (asked: RunIndex) => [
          new Map(asked.latest(file, ids)),
          new Map(asked.expectedSeconds(ids.map((id) => ({ uses: id, stageId: id }))))
        ]
        answers(index)
        index.close()
        const names = store.runs
          .list()
          .toReversed()
          .map(({ name }) => name)
        const staying = names.filter((name, run) => {
          if (runs[run]!.gone) rmSync(store.runs.folder(name), { recursive: true })
          return !runs[run]!.gone
        })
        const upToDate = openIndex(store)
        const kept = answers(upToDate)
        upToDate.close()
        const anew = openIndex(store)
        assert.strictEqual(anew.rebuild(), staying.length)
        assert.deepStrictEqual(answers(anew), kept)
        anew.close()
      }),
      { numRuns: 40 }
    )
  })
})

describe("an index that cannot be used", () => {
  const withRun = async () => {
    const store = temporaryStore()
    const run = await finishedRun(store, { a: resultOf("a", 1) })
    assert.deepStrictEqual(latestOf(store), { a: resultOf("a", 1).key })
    return { store, run, expected: { a: resultOf("a", 1).key } }
  }

  it("because it is damaged is made again, with a notice", async () => {
    const { store, run, expected } = await withRun()
    for (const content of [
      "",
      "this is no database, but it is long enough to look like one".repeat(99)
    ]) {
      for (const ending of ["-wal", "-shm"]) rmSync(store.layout.index + ending, { force: true })
      writeFileSync(store.layout.index, content)
      const index = indexOf(store)
      assert.deepStrictEqual(Object.fromEntries(index.latest(file, ["a"])), expected)
      assert.strictEqual(index.notices().length, content === "" ? 0 : 1)
      index.close()
    }
    writeFileSync(store.layout.index, "damaged ".repeat(1000))
    const index = indexOf(store)
    index.recordRun(run)
    expect(index.notices()).toEqual([expect.stringMatching(/damaged: it was made again/)])
    assert.deepStrictEqual(Object.fromEntries(index.latest(file, ["a"])), expected)
  })

  it("because a table is not what it should be is made again", async () => {
    const { store, expected } = await withRun()
    const db = new DatabaseSync(store.layout.index)
    db.exec("DROP TABLE latest")
    db.close()
    assert.deepStrictEqual(latestOf(store), expected)
  })

  it("because another version of ablate made it is made again, with a notice", async () => {
    const { store, expected } = await withRun()
    const db = new DatabaseSync(store.layout.index)
    db.exec("DROP TABLE runs; CREATE TABLE runs (x); PRAGMA user_version = 999")
    db.close()
    const index = indexOf(store)
    assert.deepStrictEqual(Object.fromEntries(index.latest(file, ["a"])), expected)
    expect(index.notices()).toEqual([expect.stringMatching(/another version/)])
  })

  it("because another process holds it still answers, and catches up later (takes some seconds)", async () => {
    const { store } = await withRun()
    const db = new DatabaseSync(store.layout.index)
    onTestFinished(() => {
      if (db.isOpen) db.close()
    })
    db.exec("BEGIN EXCLUSIVE")
    const second = await finishedRun(store, { a: resultOf("a", 2) })
    const index = indexOf(store)
    index.recordRun(second)
    expect(index.notices()).toEqual([expect.stringMatching(/could not be written.*locked/)])
    assert.deepStrictEqual(Object.fromEntries(index.latest(file, ["a"])), {
      a: resultOf("a", 2).key
    })
    expect(index.notices()[1]).toMatch(/cannot be used.*locked.*read instead/)
    db.close()
    assert.deepStrictEqual(latestOf(store), { a: resultOf("a", 2).key })
  })

  it("because there is no store yet is empty, and makes none", () => {
    const root = join(temporaryFolder(), "artifacts")
    const store = openStore(root, { create: false })
    assert.deepStrictEqual(latestOf(store), {})
    assert.isFalse(existsSync(root))
  })

  it("because a folder is in its place still answers", async () => {
    const store = temporaryStore()
    await finishedRun(store, { a: resultOf("a", 1) })
    mkdirSync(store.layout.index)
    assert.deepStrictEqual(latestOf(store), { a: resultOf("a", 1).key })
  })
})

it("runs that are still going on are not indexed, killed ones are", async () => {
  const store = temporaryStore()
  const child = startChild("run-and-exit.ts", [store.root, "stay"])
  await nextMessage(child)
  const action = await commitAction(store, "noise/add")
  await finishedRun(store, { a: action })
  assert.strictEqual(indexOf(store).rebuild(), 1)
  await kill(child)
  assert.strictEqual(indexOf(store).rebuild(), 2)
})

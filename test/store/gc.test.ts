import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as fc from "fast-check"
import { assert, describe, expect, it } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import type { ActionResult } from "../../src/store/action.ts"
import { sweepFiles } from "../../src/store/gc-sweep.ts"
import { collectGarbage } from "../../src/store/gc.ts"
import { actionFiles, blobFiles, codeFiles } from "../../src/store/inventory.ts"
import { thisProcess, tokenOf } from "../../src/store/liveness.ts"
import { gcClaim } from "../../src/store/protection.ts"
import { openStore, type Store } from "../../src/store/store.ts"
import { verifyStore } from "../../src/store/verify.ts"
import { kill, startChild } from "./processes.ts"
import {
  commitAction,
  finishedRun,
  makeAction,
  recipeOf,
  runStart,
  temporaryFolder,
  temporaryStore
} from "./temporary-store.ts"

const longAgo = Date.now() / 1000 - 100_000

const filesOf = ({ layout }: Store) =>
  [...blobFiles(layout), ...actionFiles(layout), ...codeFiles(layout)].map(({ path }) => path)

/** As if everything in the store had been written a day ago. */
const age = (store: Store): void => {
  for (const path of filesOf(store)) utimesSync(path, longAgo, longAgo)
  if (!existsSync(store.layout.runs)) return
  for (const name of readdirSync(store.layout.runs)) {
    utimesSync(store.runs.folder(name), longAgo, longAgo)
    utimesSync(join(store.runs.folder(name), "run.json"), longAgo, longAgo)
  }
}

const isWhole = (store: Store, { key }: ActionResult): boolean => {
  const action = store.actions.get(key)
  return action !== undefined && store.blobs.missing(action.blobs).length === 0
}

/** Three runs that share one result; the newest is the third. */
const threeRuns = async () => {
  const store = temporaryStore()
  const shared = await commitAction(store, "image/load")
  const own = [
    await commitAction(store, "noise/add", { sigma: 1 }),
    await commitAction(store, "noise/add", { sigma: 2 }),
    await commitAction(store, "noise/add", { sigma: 3 })
  ] as const
  for (const { recipe } of [shared, own[0]]) {
    store.code.put({ fingerprint: recipe.code, modules: {}, packages: {}, tensors: false })
  }
  const runs = []
  for (const action of own) runs.push(await finishedRun(store, { photo: shared, noisy: action }))
  const names = runs.map(({ name }) => name) as [string, string, string]
  age(store)
  return { store, shared, own, names }
}

describe("garbage collection", () => {
  it("counts the repeats of a run once", async () => {
    const { store, shared, own, names } = await threeRuns()
    const repeats = []
    for (let turn = 0; turn < 5; turn++) {
      repeats.push(await finishedRun(store, { photo: shared, noisy: own[2] }))
    }
    age(store)
    await collectGarbage(store, { keep: 2 })
    assert.sameMembers(
      store.runs.list().map(({ name }) => name),
      [names[1], names[2], ...repeats.map(({ name }) => name)]
    )
    assert.isTrue(isWhole(store, own[1]))
    assert.isUndefined(store.actions.get(own[0].key))
  })

  it("keeps what the newest runs reach and drops the rest", async () => {
    const { store, shared, own, names } = await threeRuns()
    store.code.put({ fingerprint: sha256("unused"), modules: {}, packages: {}, tensors: false })
    age(store)
    const report = await collectGarbage(store, { keep: 1 })
    assert.deepStrictEqual(
      store.runs.list().map(({ name }) => name),
      [names[2]]
    )
    assert.sameMembers([...report.runs], [names[0], names[1]])
    assert.deepStrictEqual(
      [shared, ...own].map((action) => isWhole(store, action)),
      [true, false, false, true]
    )
    // Of each dropped run its result, that result's two blobs, and the manifest.
    assert.deepStrictEqual(
      Object.entries(report.freed).map(([kind, { count }]) => [kind, count]),
      Object.entries({
        runs: 2,
        actions: 2,
        blobs: 6,
        code: 1,
        temporaries: 0,
        claims: 0,
        quarantined: 0
      })
    )
    assert.strictEqual(report.kept.blobs.count, [...blobFiles(store.layout)].length)
    assert.isAbove(report.freedBytes, 0)
    assert.isTrue((await verifyStore(store)).clean)
    assert.strictEqual((await collectGarbage(store, { keep: 1 })).freedBytes, 0)
  })

  it("says in a dry run what it would do, and does nothing", async () => {
    const { store } = await threeRuns()
    const before = [filesOf(store), store.runs.list()]
    const dry = await collectGarbage(store, { keep: 1, dryRun: true })
    assert.deepStrictEqual([filesOf(store), store.runs.list()], before)
    const real = await collectGarbage(store, { keep: 1 })
    assert.deepStrictEqual({ ...dry, dryRun: false }, real)
  })

  it("keeps tagged runs, and pinned runs, actions and blobs", async () => {
    const { store, shared, own, names } = await threeRuns()
    const [alone, loose] = [
      await commitAction(store, "image/flip"),
      await commitAction(store, "image/rotate")
    ]
    store.roots.tag(names[0], "paper")
    store.roots.pin("alone", { action: alone.key })
    const value = loose.outputs["out"]!.digest
    store.roots.pin("loose", { blob: value })
    age(store)
    await collectGarbage(store, { keep: 0 })
    assert.deepStrictEqual(
      store.runs.list().map(({ name }) => name),
      [names[0]]
    )
    assert.deepStrictEqual(
      [shared, ...own, alone].map((action) => isWhole(store, action)),
      [true, true, false, false, true]
    )
    assert.isUndefined(store.actions.get(loose.key))
    assert.deepStrictEqual(store.blobs.missing(loose.blobs), [], "a pinned value keeps its files")
    store.roots.untag("paper")
    store.roots.pin("first", { run: names[0] })
    await collectGarbage(store, { keep: 0 })
    assert.isTrue(isWhole(store, own[0]))
  })

  it("keeps what is young, and the blobs of young results with it", async () => {
    const store = temporaryStore()
    const action = await commitAction(store, "noise/add")
    for (const blob of action.blobs) utimesSync(store.blobs.path(blob), longAgo, longAgo)
    const lone = await store.blobs.put(Buffer.from("young"))
    const report = await collectGarbage(store, { keep: 0 })
    assert.isTrue(isWhole(store, action))
    assert.isTrue(store.blobs.has(lone.digest))
    assert.deepStrictEqual(report.young, { count: 1, bytes: 5 })
    await collectGarbage(store, { keep: 0, graceMs: -1000 })
    assert.isUndefined(store.actions.get(action.key))
    assert.deepStrictEqual([...blobFiles(store.layout)], [])
  })

  it("keeps a blob that is put again before its action is committed", async () => {
    const store = temporaryStore()
    const action = await makeAction(store, recipeOf("noise/add"), "bytes")
    age(store)
    await makeAction(store, recipeOf("noise/add"), "bytes")
    await collectGarbage(store, { keep: 0 })
    await store.actions.putAll([action])
    assert.isTrue(isWhole(store, action))
  })

  it("keeps what a run that is going on relies on, has made, or is making", async () => {
    const store = temporaryStore()
    const [relied, reported, claimed, dropped] = [
      await commitAction(store, "image/load"),
      await commitAction(store, "image/flip"),
      await commitAction(store, "image/resize"),
      await commitAction(store, "image/rotate")
    ]
    age(store)
    const run = store.runs.create(runStart())
    assert.deepStrictEqual(await run.protect([relied.key]), [])
    run.append({ _tag: "StageKnown", id: "flip", uses: "image/flip", key: reported.key })
    await new Promise((resolve) => void setTimeout(resolve, 200))
    const claim = store.claims.take(claimed.key)
    const unfinished = await makeAction(store, recipeOf("noise/add"), "unfinished")
    // Even without a grace: the run is older than these blobs.
    await collectGarbage(store, { keep: 0, graceMs: 0 })
    assert.deepStrictEqual(
      [relied, reported, claimed, dropped].map((action) => isWhole(store, action)),
      [true, true, true, false]
    )
    assert.deepStrictEqual(store.blobs.missing(unfinished.blobs), [])
    assert.strictEqual(store.runs.get(run.name)?.state, "running")
    if (claim.held) claim.release()
  })

  it("makes a run wait that begins meanwhile, and tells it what is gone", async () => {
    const store = temporaryStore()
    const [kept, gone] = [
      await commitAction(store, "image/load"),
      await commitAction(store, "image/flip")
    ]
    store.roots.pin("kept", { action: kept.key })
    age(store)
    const planning = openStore(store.root)
    const collecting = collectGarbage(store, { keep: 0 })
    assert.isDefined(store.claims.holder(gcClaim))
    const run = planning.runs.create(runStart())
    assert.deepStrictEqual(await run.protect([kept.key, gone.key]), [gone.key])
    assert.isUndefined(store.claims.holder(gcClaim))
    await collecting
    assert.isTrue(isWhole(store, kept))
    await run.finish({ state: "done" })
  })

  it("removes what the dead left behind, and nothing of the living", async () => {
    const store = temporaryStore()
    const dead = { ...thisProcess(), pid: 2 ** 22 + 1 }
    const far = { ...thisProcess(), host: "far" }
    mkdirSync(store.layout.temporary)
    mkdirSync(store.layout.claims)
    mkdirSync(store.layout.quarantine)
    const temporary = (who: typeof dead, name: string) =>
      join(store.layout.temporary, `${tokenOf(who)}.${name}`)
    writeFileSync(temporary(dead, "a"), "12345")
    mkdirSync(join(temporary(dead, "run"), "logs"), { recursive: true })
    writeFileSync(temporary(thisProcess(), "mine"), "")
    writeFileSync(temporary(far, "new"), "")
    writeFileSync(temporary(far, "old"), "")
    utimesSync(temporary(far, "old"), longAgo, longAgo)
    writeFileSync(join(store.root, `store.json.${tokenOf(dead)}`), "")
    writeFileSync(
      join(store.layout.claims, `${sha256("a")}.0`),
      JSON.stringify({ ...dead, at: new Date().toISOString(), nonce: "a" })
    )
    for (const name of ["old", "new"]) writeFileSync(join(store.layout.quarantine, name), name)
    utimesSync(join(store.layout.quarantine, "old"), longAgo, longAgo)
    const before = readdirSync(store.layout.temporary)
    const mine = store.claims.take(sha256("b"))
    // What the claim is a link to.
    const identity = readdirSync(store.layout.temporary).filter((name) => !before.includes(name))
    const { freed } = await collectGarbage(store, { keep: 0 })
    assert.sameMembers(readdirSync(store.layout.temporary), [
      `${tokenOf(thisProcess())}.mine`,
      `${tokenOf(far)}.new`,
      ...identity
    ])
    assert.deepStrictEqual(readdirSync(store.layout.claims), [`${sha256("b")}.0`])
    assert.deepStrictEqual(readdirSync(store.layout.quarantine), ["new"])
    assert.deepStrictEqual(freed.temporaries, { count: 4, bytes: 5 })
    assert.strictEqual(freed.claims.count, 1)
    assert.deepStrictEqual(freed.quarantined, { count: 1, bytes: 3 })
    assert.isFalse(existsSync(join(store.root, `store.json.${tokenOf(dead)}`)))
    if (mine.held) mine.release()
  })

  it("puts back what an unfinished gc had moved aside, and decides anew", async () => {
    const { store, own } = await threeRuns()
    const dead = tokenOf({ ...thisProcess(), pid: 2 ** 22 + 1 })
    for (const action of own) {
      for (const blob of action.blobs) {
        const aside = join(store.layout.temporary, `${dead}.condemned-blob-${blob}`)
        renameSync(store.blobs.path(blob), aside)
      }
    }
    await collectGarbage(store, { keep: 1 })
    assert.deepStrictEqual(
      own.map((action) => isWhole(store, action)),
      [false, false, true]
    )
    assert.deepStrictEqual(readdirSync(store.layout.temporary), [])
  })

  it("puts back what was renewed between the look at it and its removal", async () => {
    const store = temporaryStore()
    const { digest } = await store.blobs.put(Buffer.from("bytes"))
    age(store)
    const since = Date.now() - 1000
    const { kept, freed } = await sweepFiles(store, "blob", { since, dryRun: false }, () => {
      utimesSync(store.blobs.path(digest), new Date(), new Date())
      return false
    })
    assert.deepStrictEqual([kept.count, freed.count], [1, 0])
    assert.isTrue(store.blobs.has(digest))
    assert.deepStrictEqual(readdirSync(store.layout.temporary), [])
  })

  it("refuses to run twice at once, and a number of runs that is none", async () => {
    const store = temporaryStore()
    const claim = store.claims.take(gcClaim)
    await expect(collectGarbage(store, { keep: 1 })).rejects.toThrow(
      /collecting garbage .* already/
    )
    if (claim.held) claim.release()
    await expect(collectGarbage(store, { keep: -1 })).rejects.toThrow(/whole number/)
    await expect(collectGarbage(store, { keep: Number.NaN })).rejects.toThrow(/whole number/)
  })

  it("keeps exactly what is reachable, whatever the runs", async () => {
    const oneRun = fc.record({
      results: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
      tagged: fc.boolean()
    })
    const cases = fc.tuple(fc.array(oneRun, { maxLength: 5 }), fc.integer({ min: 0, max: 5 }))
    await fc.assert(
      fc.asyncProperty(cases, async ([runs, keep]) => {
        const store = openStore(temporaryFolder())
        const actions: Array<ActionResult> = []
        // Results 0 and 3, 1 and 4, 2 and 5 have equal bytes, so they share their blobs.
        for (let number = 0; number < 6; number++) {
          actions.push(await commitAction(store, "noise/add", { number }, `bytes ${number % 3}`))
        }
        for (const [index, { results, tagged }] of runs.entries()) {
          const made = Object.fromEntries(results.map((number) => [`s${number}`, actions[number]!]))
          const run = await finishedRun(store, made)
          if (tagged) store.roots.tag(run.name, `tag${index}`)
        }
        age(store)
        await collectGarbage(store, { keep })
        // Runs with the same results, which `finishedRun` lists in order, count as one.
        const resultsOf = ({ results }: (typeof runs)[number]) => results.join()
        const newest = new Set([...new Set(runs.toReversed().map(resultsOf))].slice(0, keep))
        const kept = runs.filter((run) => run.tagged || newest.has(resultsOf(run)))
        const expected = new Set(kept.flatMap(({ results }) => results))
        assert.strictEqual(store.runs.list().length, kept.length)
        for (const [number, action] of actions.entries()) {
          assert.strictEqual(isWhole(store, action), expected.has(number), `result ${number}`)
        }
        const bytes = new Set([...expected].map((number) => number % 3))
        const manifests = new Set(store.runs.list().map(({ manifest }) => manifest))
        assert.strictEqual([...blobFiles(store.layout)].length, 2 * bytes.size + manifests.size)
        assert.isTrue((await verifyStore(store)).clean)
      }),
      { numRuns: 20 }
    )
  })
})

it("gc beside processes that put and commit never takes a blob from a result (takes some seconds)", async () => {
  const store = temporaryStore()
  const first = startChild("put-forever.ts", [store.root, "1"])
  // Some of what this one puts was put by the first a moment ago, and is about to be dropped.
  await sleep(1000)
  const children = [first, startChild("put-forever.ts", [store.root, "2"])]
  for (const child of children) child.stdout?.resume()
  let [freedActions, freedBlobs] = [0, 0]
  const begun = Date.now()
  // Nearly without a grace: their claims protect what the children are doing, and all that they have done is garbage.
  while (Date.now() - begun < 6000) {
    const { freed } = await collectGarbage(store, { keep: 0, graceMs: 500 })
    freedActions += freed.actions.count
    freedBlobs += freed.blobs.count
  }
  await Promise.all(children.map(kill))
  assert.isAbove(freedActions, 10)
  assert.isAbove(freedBlobs, 10)
  const report = await verifyStore(store)
  assert.isAbove(report.actions, 0)
  assert.isTrue(report.clean, JSON.stringify(report))
})

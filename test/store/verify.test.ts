import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { type Digest, sha256 } from "../../src/base/digest.ts"
import type { Store } from "../../src/store/store.ts"
import { storeStats } from "../../src/store/stats.ts"
import { verifyStore } from "../../src/store/verify.ts"
import {
  commitAction,
  finishedRun,
  makeAction,
  recipeOf,
  temporaryStore
} from "./temporary-store.ts"

const overwrite = (store: Store, digest: Digest, bytes: Uint8Array | string) => {
  chmodSync(store.blobs.path(digest), 0o644)
  writeFileSync(store.blobs.path(digest), bytes)
}

/** One value used by two actions, of which one is in two runs; and a large blob of several chunks. */
const filled = async () => {
  const store = temporaryStore()
  const [a, b] = [
    await commitAction(store, "noise/add", { twin: 1 }, "same bytes"),
    await commitAction(store, "noise/add", { twin: 2 }, "same bytes")
  ]
  const large = await commitAction(store, "image/load", {}, Buffer.alloc(3_000_000, "large"))
  const runs = [
    await finishedRun(store, { left: a, photo: large }),
    await finishedRun(store, { left: a, right: b, photo: large })
  ]
  return { store, a, b, large, runs }
}

describe("verification", () => {
  it("finds nothing wrong in a sound store, and counts what it looked at", async () => {
    const { store } = await filled()
    const progress: Array<number> = []
    const report = await verifyStore(store, {
      onProgress: ({ bytes, totalBytes }) => void progress.push(bytes / totalBytes)
    })
    assert.isTrue(report.clean)
    assert.deepStrictEqual(report.damaged, [])
    // Two values of one file each, and two manifests.
    assert.deepStrictEqual(
      [report.blobs.count, report.actions, report.values, report.runs],
      [6, 3, 2, 2]
    )
    assert.strictEqual(progress.at(-1), 1)
  })

  it("sets a corrupt blob aside and says what it reaches; making it again mends everything", async () => {
    const { store, a, b, runs } = await filled()
    const digest = sha256("same bytes")
    overwrite(store, digest, "some bytes")
    const report = await verifyStore(store)
    assert.isFalse(report.clean)
    assert.strictEqual(report.damaged.length, 1)
    const [damage] = report.damaged
    assert.strictEqual(damage?.problem, "corrupt")
    assert.strictEqual(damage?.digest, digest)
    assert.strictEqual(damage?.quarantined, `quarantine/${digest}`)
    assert.strictEqual(readFileSync(join(store.root, "quarantine", digest), "utf8"), "some bytes")
    assert.deepStrictEqual(damage?.values, [a.outputs["out"]!.digest])
    assert.sameDeepMembers(
      [...damage!.actions],
      [a, b].map(({ key }) => ({ key, uses: "noise/add" }))
    )
    assert.sameDeepMembers(
      [...damage!.runs],
      [
        { run: runs[0]!.name, instances: ["left"] },
        { run: runs[1]!.name, instances: ["left", "right"] }
      ]
    )
    // A plan sees that the blob is missing, so the stage runs and puts it again.
    assert.deepStrictEqual(store.blobs.missing(a.blobs), [digest])
    assert.strictEqual((await verifyStore(store)).damaged[0]?.problem, "missing")
    await makeAction(store, recipeOf("noise/add", { twin: 1 }), "same bytes")
    assert.isTrue((await verifyStore(store)).clean)
  })

  it("finds one flipped bit in a large blob, and a damaged value record", async () => {
    const { store, large } = await filled()
    const [value, data] = large.blobs as [Digest, Digest]
    const bytes = Buffer.from(store.blobs.read(data))
    bytes[2_500_000]! ^= 1
    overwrite(store, data, bytes)
    overwrite(store, value, "{}")
    const { damaged } = await verifyStore(store)
    assert.sameMembers(
      damaged.map(({ digest }) => digest),
      [value, data]
    )
    for (const { problem, values, actions } of damaged) {
      assert.strictEqual(problem, "corrupt")
      assert.deepStrictEqual(values, [value])
      assert.deepStrictEqual(actions, [{ key: large.key, uses: "image/load" }])
    }
  })

  it("names the runs whose manifest is damaged", async () => {
    const { store, runs } = await filled()
    overwrite(store, runs[0]!.manifest!, "{")
    const [damage] = (await verifyStore(store)).damaged
    assert.deepStrictEqual(damage?.runs, [{ run: runs[0]!.name, instances: [] }])
  })

  it("finds broken actions, values and runs, and strangers", async () => {
    const { store, a, b, large, runs } = await filled()
    writeFileSync(store.layout.action(a.key), "{")
    // Sound JSON under a key that its recipe does not have.
    const forged = { ...b, recipe: { ...b.recipe, params: { twin: 3 } } }
    writeFileSync(store.layout.action(b.key), JSON.stringify(forged))
    const bytes = await store.blobs.put(Buffer.from("no record"))
    const wrong = { ...large, outputs: { out: { digest: bytes.digest, type: "File" } } }
    await store.actions.putAll([wrong])
    writeFileSync(join(store.runs.folder(runs[0]!.name), "run.json"), "{")
    mkdirSync(join(store.layout.blobs, "zz"))
    writeFileSync(join(store.layout.blobs, "zz", "notes.txt"), "")
    const report = await verifyStore(store)
    assert.isFalse(report.clean)
    assert.sameMembers([...report.brokenActions], [a.key, b.key])
    assert.isFalse(existsSync(store.layout.action(a.key)))
    assert.deepStrictEqual(report.brokenValues, [bytes.digest])
    assert.deepStrictEqual(report.brokenRuns, [runs[0]!.name])
    assert.deepStrictEqual(report.strangers, ["zz/notes.txt"])
    assert.deepStrictEqual(report.damaged, [])
  })

  it("stops when it is told to", async () => {
    const { store } = await filled()
    const report = await verifyStore(store, { signal: AbortSignal.abort() })
    assert.strictEqual(report.blobs.count, 0)
  })
})

describe("statistics", () => {
  it("count what is there, what sharing saved, and what is big", async () => {
    const { store, a, large } = await filled()
    await makeAction(store, recipeOf("noise/add"), "garbage")
    renameSync(store.blobs.path(sha256("garbage")), join(store.root, "garbage"))
    rmSync(join(store.root, "garbage"))
    const stats = storeStats(store)
    assert.strictEqual(stats.kinds.actions.count, 3)
    assert.strictEqual(stats.kinds.runs.count, 2)
    assert.strictEqual(stats.kinds.blobs.count, 7)
    const sizeOf = (digest: Digest) => store.blobs.read(digest).byteLength
    const twins = a.blobs.reduce((sum, digest) => sum + sizeOf(digest), 0)
    assert.strictEqual(stats.savedBytes, twins)
    assert.deepStrictEqual(stats.biggest[0], {
      digest: large.blobs[1]!,
      bytes: 3_000_000,
      uses: ["image/load"]
    })
    assert.deepStrictEqual(stats.types, [
      { type: "File", count: 2, bytes: twins + 3_000_000 + sizeOf(large.blobs[0]!) }
    ])
    const sum = Object.values(stats.kinds).reduce((total, { bytes }) => total + bytes, 0)
    assert.strictEqual(stats.bytes, sum)
    assert.deepStrictEqual([stats.claims, stats.tags, stats.pins], [0, 0, 0])
  })
})

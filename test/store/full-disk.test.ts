import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, expect, it, onTestFinished, type TestContext } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { collectGarbage } from "../../src/store/gc.ts"
import { openIndex } from "../../src/store/index-db.ts"
import { openStatCache } from "../../src/store/stat-cache.ts"
import { openStore } from "../../src/store/store.ts"
import { verifyStore } from "../../src/store/verify.ts"
import { commitAction, makeAction, recipeOf, runStart, temporaryFolder } from "./temporary-store.ts"

/** A disk of 4 MB for one test, which is skipped where none can be mounted. */
const smallDisk = (context: TestContext): string => {
  const folder = join(temporaryFolder(), "disk")
  mkdirSync(folder)
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], { stdio: "pipe" })
  } catch (error) {
    context.skip(`no small disk can be mounted here: ${(error as Error).message}`)
  }
  onTestFinished(() => void execFileSync("umount", ["-l", folder]))
  return folder
}

const failureOf = async (work: () => unknown): Promise<UserError> => {
  try {
    await work()
  } catch (error) {
    assert.instanceOf(error, UserError, String((error as Error).stack))
    return error
  }
  return assert.fail("the disk took it")
}

describe("a full disk", () => {
  it("fails each write with one clear sentence, and leaves the store sound", async (context) => {
    const disk = smallDisk(context)
    const store = openStore(join(disk, "artifacts"))
    const kept = await commitAction(store, "noise/add")
    const pending = await makeAction(store, recipeOf("noise/add", { pending: true }), "pending")
    const source = join(temporaryFolder(), "source")
    writeFileSync(source, Buffer.alloc(5_000_000, 1))

    for (const put of [
      () => store.blobs.put(Buffer.alloc(5_000_000, 2)),
      () => store.blobs.putFile(source)
    ]) {
      const error = await failureOf(put)
      assert.strictEqual(error.exitCode, 1)
      expect(error.message).toMatch(
        /^the disk of .*artifacts is full: a blob needed 5\.00 MB, .* are free$/
      )
      expect(error.hint).toMatch(/ablate store gc/)
      assert.deepStrictEqual(readdirSync(store.layout.temporary), [])
    }

    const run = store.runs.create(runStart())
    const filler = join(disk, "filler")
    await failureOf(() => store.blobs.put(fill(filler)))
    const writes = [
      () => store.blobs.put(Buffer.alloc(10_000, 3)),
      () => store.actions.putAll([pending]),
      () => store.code.put({ fingerprint: kept.key, modules: {}, packages: {}, tensors: false }),
      () => store.claims.take(kept.key),
      () => store.runs.create(runStart()),
      () => store.roots.pin("kept", { action: kept.key }),
      () => {
        run.append({ _tag: "Filler", text: "x".repeat(100_000) })
        return run.finish({ state: "done" })
      }
    ]
    for (const write of writes) expect((await failureOf(write)).message).toMatch(/is full/)
    assert.deepStrictEqual(readdirSync(store.layout.temporary), [])
    assert.strictEqual(store.claims.list().length, 0)
    openStatCache(store).save()

    const index = openIndex(store)
    assert.strictEqual(index.latest("pipelines/demo.yaml", ["a"]).size, 0)
    index.close()

    rmSync(filler)
    assert.deepStrictEqual(store.actions.get(kept.key), kept)
    assert.isUndefined(store.actions.get(pending.key))
    assert.isTrue((await verifyStore(store)).clean)
    await store.actions.putAll([pending])
    assert.isDefined(store.actions.get(pending.key))
    await collectGarbage(store, { keep: 1 })
  })

  it("or one that may only be read says so", async (context) => {
    const disk = smallDisk(context)
    const root = join(disk, "artifacts")
    const action = await commitAction(openStore(root), "noise/add")
    execFileSync("mount", ["-o", "remount,ro", disk])
    const store = openStore(root)
    assert.deepStrictEqual(store.actions.get(action.key), action)
    const error = await failureOf(() => store.blobs.put(Buffer.from("new")))
    expect(error.message).toMatch(/is on a read-only file system, so a blob cannot be written/)
    expect((await failureOf(() => store.runs.create(runStart()))).message).toMatch(/read-only/)
    const index = openIndex(store)
    assert.strictEqual(index.latest("pipelines/demo.yaml", ["a"]).size, 0)
    expect(index.notices().join()).toMatch(/the index cannot be used/)
    index.close()
  })
})

/** Takes all the room that is left but a page or so; returns something that surely does not fit any more. */
const fill = (path: string): Buffer => {
  for (let size = 1 << 22; size >= 1; size = Math.floor(size / 2)) {
    try {
      writeFileSync(path, Buffer.alloc(size), { flag: "a" })
    } catch {
      // Full at this size; smaller ones may still fit.
    }
  }
  return Buffer.alloc(200_000, 7)
}

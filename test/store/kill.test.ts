import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import type { Digest } from "../../src/base/digest.ts"
import { collectGarbage } from "../../src/store/gc.ts"
import { verifyStore } from "../../src/store/verify.ts"
import { kill, startChild } from "./processes.ts"
import { temporaryStore } from "./temporary-store.ts"

/** The keys that the child said it had committed. */
const listen = (child: ChildProcess): Array<Digest> => {
  const keys: Array<Digest> = []
  let rest = ""
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n")
    rest = lines.pop() ?? ""
    keys.push(...(lines as Array<Digest>))
  })
  return keys
}

describe("kill -9", () => {
  it("at fifty random moments leaves a sound store with all that was committed (takes some seconds)", async () => {
    const store = temporaryStore()
    const committed: Array<Digest> = []
    const killed = async (seed: number) => {
      const child = startChild("put-forever.ts", [store.root, String(seed)])
      const keys = listen(child)
      // Half of them at any moment from the start on, the others after their first result.
      if (seed % 2 === 1 && child.stdout !== null) await once(child.stdout, "data")
      await sleep(Math.random() * (seed % 2 === 1 ? 120 : 350))
      await kill(child)
      committed.push(...keys)
    }
    for (let round = 0; round < 25; round++) {
      await Promise.all([killed(2 * (round % 2)), killed(2 * (round % 2) + 1)])
    }
    assert.isAbove(committed.length, 100)
    for (const key of committed) assert.deepStrictEqual(store.actions.get(key)?.key, key)
    const report = await verifyStore(store)
    assert.isTrue(report.clean, JSON.stringify(report))
    // What is left over are temporary files and claims of the dead, and gc removes them.
    await collectGarbage(store, { keep: 10 })
    assert.deepStrictEqual(readdirSync(store.layout.temporary), [])
    assert.deepStrictEqual(store.claims.list(), [])
    for (const key of committed) assert.isDefined(store.actions.get(key))
    assert.isTrue((await verifyStore(store)).clean)
  })
})

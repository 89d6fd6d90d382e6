import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe, expect, it } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import {
  type Liveness,
  livenessOf,
  livenessOfToken,
  thisProcess,
  tokenOf
} from "../../src/store/liveness.ts"
import type { Claim, Holder } from "../../src/store/claims.ts"
import { openStore } from "../../src/store/store.ts"
import { ended, kill, nextMessage, startChild } from "./processes.ts"
import { temporaryFolder, temporaryStore } from "./temporary-store.ts"

const key = sha256("key 0")

const releaseHeld = (claim: Claim | Holder): void => {
  if (!claim.held) assert.fail(`the claim is held by ${claim.describe}`)
  else claim.release()
}

describe("liveness", () => {
  it("tells this process, a dead one, a reused id, an earlier boot and another machine apart", () => {
    const self = thisProcess()
    const others = [
      self,
      { ...self, pid: 2 ** 22 + 1 },
      { ...self, startTime: "1" },
      { ...self, bootId: "earlier" },
      { ...self, host: "elsewhere" },
      { ...self, space: "pid:[1]" }
    ]
    const expected: Array<Liveness> = ["alive", "dead", "dead", "dead", "elsewhere", "elsewhere"]
    assert.deepStrictEqual(others.map(livenessOf), expected)
    assert.deepStrictEqual(
      others.map((who) => livenessOfToken(tokenOf(who))),
      expected
    )
    assert.isUndefined(livenessOfToken("not-a-token"))
  })

  it("asks for signals where there is no start time to compare", () => {
    const self = { ...thisProcess(), startTime: "" }
    assert.strictEqual(livenessOf(self), "alive")
    assert.strictEqual(livenessOf({ ...self, pid: 2 ** 22 + 1 }), "dead")
  })
})

describe("a claim", () => {
  it("is held by one, named to others, and free after its release", () => {
    const { claims, layout, root } = temporaryStore()
    const claim = claims.take(key)
    assert.isTrue(claim.held)
    const other = openStore(root).claims.take(key)
    expect(other).toMatchObject({
      held: false,
      pid: process.pid,
      describe: `process ${process.pid}`
    })
    assert.deepStrictEqual(claims.holder(key), other)
    releaseHeld(claim)
    releaseHeld(claim)
    assert.isUndefined(claims.holder(key))
    assert.deepStrictEqual(readdirSync(layout.claims), [])
    assert.isTrue(claims.take(key).held)
  })

  it("of a dead process is superseded, and both go with the release", () => {
    const { claims, layout } = temporaryStore()
    const dead = { ...thisProcess(), pid: 2 ** 22 + 1, at: new Date().toISOString(), nonce: "a" }
    mkdirSync(layout.claims)
    writeFileSync(join(layout.claims, `${key}.3`), JSON.stringify(dead))
    assert.isUndefined(claims.holder(key))
    const claim = claims.take(key)
    assert.sameMembers(readdirSync(layout.claims), [`${key}.3`, `${key}.4`])
    releaseHeld(claim)
    assert.deepStrictEqual(readdirSync(layout.claims), [])
  })

  it("of another machine counts for a minute after its last heartbeat", () => {
    const { claims, layout } = temporaryStore()
    const far = { ...thisProcess(), host: "far", at: new Date().toISOString(), nonce: "a" }
    mkdirSync(layout.claims)
    const path = join(layout.claims, `${key}.0`)
    writeFileSync(path, JSON.stringify(far))
    const holder = claims.take(key)
    expect(holder).toMatchObject({
      held: false,
      host: "far",
      describe: `process ${far.pid} on far`
    })
    const early = Date.now() / 1000 - 55
    utimesSync(path, early, early)
    assert.isFalse(claims.take(key).held)
    utimesSync(path, early - 10, early - 10)
    assert.isTrue(claims.take(key).held)
  })

  it("that is still empty counts for ten seconds", () => {
    const { claims, layout } = temporaryStore()
    mkdirSync(layout.claims)
    const path = join(layout.claims, `${key}.0`)
    writeFileSync(path, "")
    assert.isFalse(claims.take(key).held)
    const early = Date.now() / 1000 - 11
    utimesSync(path, early, early)
    assert.isTrue(claims.take(key).held)
  })
})

describe("claims between processes", () => {
  it("have exactly one holder each when eight race for a hundred, and one successor each after a kill", async () => {
    const { root, claims } = temporaryStore()
    const race = async () => {
      const racers = Array.from({ length: 8 }, () => startChild("claim-all.ts", [root, "100"]))
      await Promise.all(racers.map(nextMessage))
      const answers = Promise.all(racers.map(nextMessage))
      for (const racer of racers) racer.send("go")
      const held = ((await answers) as Array<Array<number>>).flat()
      return { racers, held: held.toSorted((a, b) => a - b) }
    }
    const all = Array.from({ length: 100 }, (_, index) => index)
    const first = await race()
    assert.deepStrictEqual(first.held, all)
    assert.deepStrictEqual((await race()).held, [], "living holders were superseded")
    await Promise.all(first.racers.map(kill))
    assert.isTrue(claims.list().every(({ living }) => !living))
    assert.deepStrictEqual((await race()).held, all)
  })

  it("keep a section to one process at a time, while some are killed in it", async () => {
    const { root, layout } = temporaryStore()
    const folder = temporaryFolder()
    const start = () => startChild("critical-section.ts", [root, folder, "400"])
    const lasting = [start(), start(), start()]
    const killing = (async () => {
      for (let round = 0; round < 10; round++) {
        const victim = start()
        await sleep(100 + Math.random() * 150)
        await kill(victim)
      }
    })()
    assert.deepStrictEqual(await Promise.all(lasting.map(ended)), [0, 0, 0])
    await killing
    // Whatever is left is of killed processes, and no obstacle.
    for (const number of [0, 1, 2]) {
      releaseHeld(openStore(root).claims.take(sha256(`key ${number}`)))
    }
    assert.deepStrictEqual(readdirSync(layout.claims), [])
  })
})

import type * as fs from "node:fs"
import { readdirSync } from "node:fs"
import { assert, expect, it, vi } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import { temporaryStore } from "./temporary-store.ts"

vi.mock("node:fs", async (original) => ({
  ...(await original<typeof fs>()),
  linkSync: () => {
    throw Object.assign(new Error("operation not permitted"), { code: "EPERM" })
  }
}))

it("a file system without hard links has claims as well", () => {
  const { claims, layout } = temporaryStore()
  const claim = claims.take(sha256("key"))
  assert.isTrue(claim.held)
  expect(claims.take(sha256("key"))).toMatchObject({ held: false, pid: process.pid })
  if (claim.held) claim.release()
  assert.deepStrictEqual(readdirSync(layout.claims), [])
  assert.deepStrictEqual(readdirSync(layout.temporary), [])
  assert.isTrue(claims.take(sha256("key")).held)
})

import { assert, describe, it } from "@effect/vitest"
import { ago, bytes, clock, count, duration, grouped, list } from "../../src/cli/format.ts"

describe("duration", () => {
  it("has the precision that a person wants", () => {
    const cases: ReadonlyArray<readonly [number, string]> = [
      [0.0004, "0.4 ms"],
      [0.0383, "38 ms"],
      [0.9999, "1.0 s"],
      [2.14, "2.1 s"],
      [47.6, "48 s"],
      [59.7, "1 m 00 s"],
      [200, "3 m 20 s"],
      [3599.9, "1 h 00 m"],
      [7530, "2 h 06 m"],
      [277_000, "3 d 5 h"]
    ]
    for (const [seconds, text] of cases) assert.strictEqual(duration(seconds), text)
  })
})

describe("other formats", () => {
  it("say times, sizes and lists as people do", () => {
    assert.strictEqual(clock(7.9), "0:07")
    assert.strictEqual(clock(3723), "1:02:03")
    assert.strictEqual(bytes(512), "512 B")
    assert.strictEqual(bytes(1_400_000), "1.4 MB")
    assert.strictEqual(bytes(99_900), "100 kB")
    assert.strictEqual(bytes(999_600), "1.0 MB")
    assert.strictEqual(grouped(9999), "9999")
    assert.strictEqual(grouped(1_234_567), "1\u00A0234\u00A0567")
    assert.strictEqual(count(1, "stage"), "1 stage")
    assert.strictEqual(count(2, "class", "classes"), "2 classes")
    assert.strictEqual(list(["a", "b", "c"]), "a, b and c")
    assert.strictEqual(list(["a", "b", "c", "d"], 2), "a, b and 2 others")
    const now = new Date("2026-01-02T12:00:00Z")
    assert.strictEqual(ago(new Date("2026-01-02T11:00:00Z"), now), "1 hour ago")
    assert.strictEqual(ago(new Date("2025-10-02T11:00:00Z"), now), "2025-10-02")
  })
})

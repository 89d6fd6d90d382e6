import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { memoryTerminal } from "../../src/cli/terminal.ts"
import { colorStyle } from "../../src/cli/style.ts"
import { table } from "../../src/cli/table.ts"
import { padEnd, textWidth, truncate, wrap } from "../../src/cli/text.ts"

describe("textWidth", () => {
  it("counts columns, not characters", () => {
    assert.strictEqual(textWidth("abc"), 3)
    assert.strictEqual(textWidth("日本"), 4)
    assert.strictEqual(textWidth("e\u0301"), 1)
    assert.strictEqual(textWidth("👩‍🔬"), 2)
    assert.strictEqual(textWidth("━╸⠋✓"), 4)
    assert.strictEqual(textWidth(colorStyle.red("abc")), 3)
  })
})

describe("truncate", () => {
  it("never exceeds the columns, and says when something is missing", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 1, max: 40 }),
        (text, columns) => {
          const cut = truncate(text, columns)
          assert.isAtMost(textWidth(cut), columns)
          if (textWidth(text) > columns) assert.isTrue(cut.endsWith("…"))
        }
      )
    )
  })
  it("does not cut a wide character in half", () => {
    assert.strictEqual(truncate("日本語", 4), "日…")
    assert.strictEqual(truncate("日本語", 6), "日本語")
  })
})

describe("wrap", () => {
  it("keeps all words, and lines within the columns where words allow it", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 })
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 60 }), (words, columns) => {
        const text = wrap(words.join(" "), columns, "  ")
        assert.deepStrictEqual(text.trim().split(/\s+/), words)
        assert.isTrue(text.split("\n").every((line) => line.length <= columns))
      })
    )
  })
})

describe("table", () => {
  const columns = [
    { head: "name" },
    { head: "n", align: "right" as const },
    { head: "why", flexible: true }
  ]
  const rows = [
    ["short", "7", "a reason that is long enough to be cut somewhere"],
    ["日本", "1200", ""]
  ]
  it("aligns by columns and cuts only the flexible one", () => {
    assert.deepStrictEqual(table(columns, rows, memoryTerminal({ columns: 32 })), [
      "name      n  why",
      "short     7  a reason that is l…",
      "日本   1200"
    ])
  })
  it("pads painted text by what is seen of it", () => {
    assert.strictEqual(textWidth(padEnd(colorStyle.red("ab"), 5)), 5)
  })
})

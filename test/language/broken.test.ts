import { assert, describe, it } from "@effect/vitest"
import { brokenNames, checkBroken, expectedText, renderBroken, testRegistry } from "./broken.ts"

const registry = testRegistry()

describe("broken pipelines", () => {
  it("are at least forty", () => {
    assert.isAtLeast(brokenNames().length, 40)
  })

  for (const name of brokenNames()) {
    it(`${name}: says all that is wrong, where, and what to do`, async () => {
      const result = await checkBroken(name, registry)
      assert.isUndefined(result.pipeline)
      assert.isTrue(result.diagnostics.some(({ severity }) => severity === "error"))
      // Written by test/language/write-expected.ts, and read by a person.
      assert.strictEqual(renderBroken(result), expectedText(name))
    })
  }

  it("give every place inside its source", async () => {
    for (const name of brokenNames()) {
      const { diagnostics, sources } = await checkBroken(name, registry)
      for (const { position } of diagnostics) {
        const source = sources.find(({ shown }) => shown === position.file)
        assert.isDefined(source, `${name}: ${position.file}`)
        const lines = (source?.text ?? "").split(/\r\n|\n|\r/)
        assert.isAtMost(position.line, lines.length)
        assert.isAtMost(position.column, Array.from(lines[position.line - 1] ?? "").length + 1)
      }
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import type { Diagnostic } from "../../src/language/diagnostic.ts"
import { renderDiagnostics } from "../../src/language/render-diagnostics.ts"

const source = (text: string) => ({ path: "/x.yaml", shown: "x.yaml", text })
const at = (line: number, column: number, length: number): Diagnostic => ({
  severity: "error",
  code: "test",
  message: "this is wrong",
  position: { file: "x.yaml", line, column, length },
  hint: "mend it"
})
const render = (diagnostic: Diagnostic, text: string) =>
  renderDiagnostics([diagnostic], [source(text)], { color: false })

describe("renderDiagnostics", () => {
  it("shows place, sentence, frame, hint and count", () => {
    assert.strictEqual(
      render(at(3, 4, 2), "a: 1\nb: 2\nc: xx\nd: 4\n"),
      `x.yaml:3:4 error: this is wrong
  1 | a: 1
  2 | b: 2
  3 | c: xx
    |    ^^
  4 | d: 4
  hint: mend it

1 error
`
    )
  })

  it("keeps the caret below its text after tabs and wide characters", () => {
    const lines = render(at(1, 5, 2), "\t画像 画像").split("\n")
    assert.strictEqual(lines[1], "  1 |     画像 画像")
    assert.strictEqual(lines[2], "    |          ^^^^")
  })

  it("cuts long lines around the place", () => {
    const lines = render(at(1, 5001, 3), `${"x".repeat(5000)}abc${"y".repeat(5000)}`).split("\n")
    assert.isAtMost(lines[1]?.length ?? 0, 110)
    const caret = lines[2]?.indexOf("^") ?? 0
    assert.strictEqual(lines[1]?.slice(caret, caret + 3), "abc")
  })

  it("shows no control characters of the file", () => {
    assert.notInclude(render(at(1, 1, 1), "a\u001B[31m\u202Eb"), "\u001B")
    assert.notInclude(render(at(1, 1, 1), "a\u001B[31m\u202Eb"), "\u202E")
  })

  it("counts errors and warnings, and colours when asked to", () => {
    const both = renderDiagnostics(
      [at(1, 1, 1), { ...at(1, 1, 1), severity: "warning" }, at(1, 1, 1)],
      [source("a")],
      { color: true }
    )
    assert.include(both, "2 errors, 1 warning")
    assert.include(both, "\u001B[33;1mwarning:\u001B[0m")
    assert.strictEqual(renderDiagnostics([], [], { color: true }), "")
  })

  it("goes without a frame when the source is not at hand", () => {
    assert.strictEqual(
      renderDiagnostics([at(9, 9, 9)], [], { color: false }),
      "x.yaml:9:9 error: this is wrong\n  hint: mend it\n\n1 error\n"
    )
  })
})

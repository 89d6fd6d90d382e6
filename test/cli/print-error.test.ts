import { assert, describe, it } from "@effect/vitest"
import { UserError } from "../../src/base/user-error.ts"
import { printError } from "../../src/cli/print-error.ts"
import { memoryTerminal } from "../../src/cli/terminal.ts"

const printed = async (error: unknown, json = false) => {
  const [out, err] = [memoryTerminal({ columns: 60 }), memoryTerminal({ columns: 60 })]
  const asked = { env: {}, cwd: "/", ownStages: "/", out, err, json, name: "run", version: 1 }
  const code = await printError(error, asked)
  return { code, out: out.text(), err: err.text() }
}

describe("printError", () => {
  it("prints a user's mistake as a message and a wrapped hint, with the code that it asks for", async () => {
    const hint = "free some space, or name another folder with --store, and run it again"
    const { code, err } = await printed(new UserError("the disk is full", { hint, exitCode: 1 }))
    assert.strictEqual(code, 1)
    assert.strictEqual(
      err,
      "error: the disk is full\nhint:  free some space, or name another folder with --store,\n       and run it again\n"
    )
  })
  it("shows a bug with its stack, its causes, and what to report", async () => {
    const bug = new TypeError("undefined is not a stage", { cause: new Error("the reason") })
    const { code, err } = await printed(bug)
    assert.strictEqual(code, 1)
    assert.include(err, "This is a bug in ablate")
    assert.include(err, "TypeError: undefined is not a stage\n    at ")
    assert.include(err, "caused by Error: the reason")
    assert.match(err, /\nablate \S+, Node \d\S+, \S+ \S+, command run\n$/)
  })
  it("prints one JSON document when asked for JSON", async () => {
    const { out, err } = await printed(new UserError("no"), true)
    assert.strictEqual(err, "")
    assert.deepStrictEqual(JSON.parse(out) as unknown, {
      version: 1,
      command: "run",
      error: { message: "no" },
      diagnostics: []
    })
  })
})

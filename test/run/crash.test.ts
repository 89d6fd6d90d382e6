import { assert, describe, it } from "@effect/vitest"
import { describeCrash } from "../../src/run/crash.ts"

const message = (ending: Partial<Parameters<typeof describeCrash>[1]>) =>
  describeCrash("train/x", { code: null, signal: null, stderr: "", ...ending }).message

describe("the message about a worker that ended", () => {
  it("tells lack of memory from other ends", () => {
    const stderr =
      "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
    assert.strictEqual(
      message({ signal: "SIGABRT", stderr }),
      "the worker running train/x ran out of memory"
    )
    assert.strictEqual(
      message({ code: 134, stderr }),
      "the worker running train/x ran out of memory"
    )
    assert.match(
      message({ signal: "SIGKILL" }),
      /killed \(SIGKILL\), as the system does when memory runs out/
    )
    assert.match(message({ code: 137 }), /killed \(SIGKILL\)/)
  })

  it("names signals and exit codes", () => {
    assert.match(message({ signal: "SIGSEGV" }), /crashed in native code \(SIGSEGV\)/)
    assert.match(message({ code: 139 }), /crashed in native code \(SIGSEGV\)/)
    assert.match(message({ signal: "SIGTERM" }), /was ended by SIGTERM/)
    assert.match(message({ code: 3 }), /exited with code 3/)
  })

  it("says when there was no process at all", () => {
    assert.match(
      message({ error: new Error("spawn EAGAIN") }),
      /no worker process could be started for train\/x: spawn EAGAIN/
    )
  })
})

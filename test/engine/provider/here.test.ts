import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { engineIn } from "../../../src/engine/provider/here.ts"

describe("engineIn", () => {
  it("is what the environment says, and the CPU where it says nothing", () => {
    assert.strictEqual(engineIn({}), "cpu")
    assert.strictEqual(engineIn({ ABLATE_ENGINE: "" }), "cpu")
    assert.strictEqual(engineIn({ ABLATE_ENGINE: "tfjs" }), "tfjs")
    assert.strictEqual(engineIn({ ABLATE_ENGINE: "cuda" }), "cuda")
    assert.throws(() => engineIn({ ABLATE_ENGINE: "gpu" }), UserError, "there is no engine gpu")
  })
})

import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { chooseEngine } from "../../../src/engine/provider/choose.ts"
import { type EngineName, engineNames } from "../../../src/engine/provider/engine.ts"
import type { Device, Finding } from "../../../src/engine/provider/finding.ts"

const usable = (device?: Device): Finding => ({
  usable: true,
  facts: { libraries: "onnxruntime@1", arch: "x64", ...(device === undefined ? {} : { device }) },
  files: []
})
const card = usable({ name: "a card", driver: "1.0", hardware: true })
const software = usable({ name: "software", driver: "libvk_swiftshader.so", hardware: false })
const absent: Finding = { usable: false, why: "it is not there", how: "get one" }

const choose = (
  found: Partial<Record<EngineName, Finding>>,
  choice: EngineName | "auto" = "auto"
) => chooseEngine(choice, (name) => found[name] ?? absent)

describe("auto", () => {
  it("takes CUDA, else WebGPU on a GPU, else DirectML, else the CPU", () => {
    const all = { cuda: card, webgpu: card, directml: card, coreml: card, cpu: usable() }
    assert.strictEqual(choose(all).name, "cuda")
    assert.strictEqual(choose({ ...all, cuda: absent }).name, "webgpu")
    assert.strictEqual(choose({ ...all, cuda: absent, webgpu: absent }).name, "directml")
    const { name, passedOver, why } = choose({ cpu: usable(), coreml: card, tensorflow: card })
    assert.strictEqual(name, "cpu")
    assert.strictEqual(why, "no GPU can be used")
    assert.deepStrictEqual(passedOver[0], { name: "cuda", why: "it is not there" })
  })
  it("passes over a driver that computes on the CPU, and says so", () => {
    const { name, passedOver } = choose({ webgpu: software, cpu: usable() })
    assert.strictEqual(name, "cpu")
    assert.deepInclude(passedOver, {
      name: "webgpu",
      why: "only a driver that computes on the CPU was found (libvk_swiftshader.so)"
    })
  })
  it("asks no further than it has to", () => {
    const asked: Array<EngineName> = []
    chooseEngine("auto", (name, { hardwareOnly }) => {
      assert.isTrue(hardwareOnly)
      asked.push(name)
      return name === "webgpu" ? card : absent
    })
    assert.deepStrictEqual(asked, ["cuda", "webgpu"])
  })
  it("fails where not even the CPU can be used", () => {
    assert.throws(
      () => choose({}),
      UserError,
      "engine cpu (ONNX Runtime on the CPU) cannot be used"
    )
  })
})

describe("an engine asked for by name", () => {
  it("is taken or refused, never replaced", () => {
    const findings = fc.dictionary(
      fc.constantFrom(...engineNames),
      fc.constantFrom(card, software, absent)
    )
    fc.assert(
      fc.property(fc.constantFrom(...engineNames), findings, (name, found) => {
        const asked: Array<EngineName> = []
        const run = () =>
          chooseEngine(name, (engine) => {
            asked.push(engine)
            return found[engine] ?? absent
          })
        if (found[name]?.usable === true) assert.strictEqual(run().name, name)
        else assert.throws(run, UserError, `engine ${name}`)
        assert.deepStrictEqual(asked, [name])
      })
    )
  })
  it("may be WebGPU on the CPU", () => {
    assert.strictEqual(choose({ webgpu: software }, "webgpu").name, "webgpu")
  })
  it("says how to get it", () => {
    try {
      choose({}, "cuda")
      assert.fail("it is not there")
    } catch (error) {
      assert.instanceOf(error, UserError)
      assert.strictEqual(error.hint, "get one")
    }
  })
})

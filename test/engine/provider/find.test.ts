import { assert, describe, it } from "vitest"
import { writeFileSync } from "node:fs"
import { statSync } from "node:fs"
import * as path from "node:path"
import { findEngine, type FindingMemory } from "../../../src/engine/provider/find.ts"
import type { EngineName } from "../../../src/engine/provider/engine.ts"
import type { Finding } from "../../../src/engine/provider/finding.ts"
import { temporaryFolder } from "../../support/project.ts"
import { linuxBox, withNvidia } from "./machines.ts"

const works: Finding = {
  usable: true,
  facts: { libraries: "onnxruntime@1.30.0", arch: "x64" },
  files: []
}
const fails: Finding = { usable: false, why: "no" }
const question = { hardwareOnly: true }

/** Remembers in memory; counts the probes. */
const setup = (answer: Finding) => {
  const known = new Map<EngineName, Finding>()
  const memory: FindingMemory = {
    recall: (name) => known.get(name),
    remember: (name, finding) => void known.set(name, finding)
  }
  const probed: Array<EngineName> = []
  const probe = (name: EngineName) => {
    probed.push(name)
    return answer
  }
  return { known, probed, options: { machine: withNvidia, memory, probe } }
}

describe("findEngine", () => {
  it("tries an engine once, and anew when told to", () => {
    const { options, probed } = setup(works)
    assert.deepStrictEqual(findEngine("cpu", question, options), works)
    assert.deepStrictEqual(findEngine("cpu", question, options), works)
    assert.strictEqual(probed.length, 1)
    findEngine("cpu", question, { ...options, anew: true })
    assert.strictEqual(probed.length, 2)
  })
  it("tries nothing that a look rules out, nor TensorFlow.js itself", () => {
    const { options, probed } = setup(works)
    assert.isFalse(findEngine("cuda", question, { ...options, machine: linuxBox }).usable)
    const tfjs = findEngine("tfjs", question, options)
    assert.match(tfjs.usable ? tfjs.facts.libraries : "", /^tfjs-cpu@\d+\.\d+\.\d+$/)
    assert.deepStrictEqual(probed, [])
  })
  it("believes a failure until somebody asks for that engine by name", () => {
    const { options, probed } = setup(fails)
    findEngine("webgpu", question, options)
    findEngine("webgpu", question, options)
    assert.strictEqual(probed.length, 1)
    findEngine("webgpu", { hardwareOnly: false }, options)
    assert.strictEqual(probed.length, 2)
  })
  it("tries again when a driver's file has changed", () => {
    const file = path.join(temporaryFolder(), "libvulkan_card.so")
    writeFileSync(file, "driver")
    const { mtimeMs, size } = statSync(file)
    const files = [{ path: file, sizeBytes: size, modifiedMs: mtimeMs }]
    const { options, probed } = setup({ ...works, files })
    findEngine("webgpu", question, options)
    findEngine("webgpu", question, options)
    assert.strictEqual(probed.length, 1)
    writeFileSync(file, "newer driver")
    findEngine("webgpu", question, options)
    assert.strictEqual(probed.length, 2)
  })
})

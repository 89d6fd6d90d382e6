import { assert, describe, it } from "vitest"
import type { TriedEngine } from "../../../src/engine/provider/engine.ts"
import type { Machine } from "../../../src/engine/provider/machine.ts"
import { machineKey } from "../../../src/engine/provider/machine.ts"
import { ruleOut } from "../../../src/engine/provider/rule-out.ts"
import { linuxBox, withNvidia } from "./machines.ts"

const why = (name: TriedEngine, machine: Machine, hardwareOnly = true) =>
  ruleOut(name, machine, hardwareOnly)?.why

describe("ruleOut", () => {
  it("wants a device and the library for CUDA", () => {
    assert.match(why("cuda", linuxBox) ?? "", /no NVIDIA device/)
    const missing = ruleOut("cuda", withNvidia, true)
    assert.match(missing?.why ?? "", /library for CUDA is not installed/)
    assert.match(missing?.how ?? "", /ONNXRUNTIME_NODE_INSTALL=true/)
    const onnxruntime = { version: "1.30.0", cudaLibrary: true }
    assert.isUndefined(why("cuda", { ...withNvidia, onnxruntime }))
    assert.isUndefined(why("cuda", { ...linuxBox, devices: ["/dev/dxg"], onnxruntime }))
    assert.match(why("cuda", { ...withNvidia, arch: "arm64", onnxruntime }) ?? "", /x64/)
    assert.match(why("cuda", { ...withNvidia, platform: "darwin", onnxruntime }) ?? "", /Linux/)
  })
  it("tries WebGPU without a device only when a software driver will do", () => {
    assert.match(why("webgpu", linuxBox) ?? "", /no graphics device/)
    assert.isUndefined(why("webgpu", linuxBox, false))
    assert.isUndefined(why("webgpu", { ...linuxBox, devices: ["/dev/dri/renderD128"] }))
    assert.isUndefined(why("webgpu", { ...linuxBox, platform: "darwin" }))
  })
  it("knows which systems have CoreML and DirectML", () => {
    assert.strictEqual(why("coreml", linuxBox), "it is only on macOS")
    assert.isUndefined(why("coreml", { ...linuxBox, platform: "darwin" }))
    assert.strictEqual(why("directml", linuxBox), "it is only on Windows")
    assert.isUndefined(why("directml", { ...linuxBox, platform: "win32" }))
  })
  it("wants the packages", () => {
    const { onnxruntime: _, ...bare } = linuxBox
    assert.match(why("cpu", bare) ?? "", /onnxruntime-node is not installed/)
    assert.isUndefined(why("cpu", linuxBox))
    assert.match(why("tensorflow", linuxBox) ?? "", /not installed/)
    const tensorflow = { name: "@tensorflow/tfjs-node", version: "4.22.0" }
    assert.isUndefined(why("tensorflow", { ...linuxBox, tensorflow }))
  })
})

describe("machineKey", () => {
  it("changes with anything that a finding may depend on", () => {
    const machines: ReadonlyArray<Machine> = [
      linuxBox,
      withNvidia,
      { ...withNvidia, nvidia: "570.86.15" },
      { ...linuxBox, processor: "some model; flags: avx2 avx512f" },
      { ...linuxBox, vulkanDrivers: ["/usr/share/vulkan/icd.d/radeon_icd.x86_64.json"] },
      { ...linuxBox, environment: { CUDA_VISIBLE_DEVICES: "1" } },
      { ...linuxBox, onnxruntime: { version: "1.31.0", cudaLibrary: false } },
      { ...linuxBox, onnxruntime: { version: "1.30.0", cudaLibrary: true } },
      { ...linuxBox, tensorflow: { name: "@tensorflow/tfjs-node", version: "4.22.0" } }
    ]
    assert.strictEqual(new Set(machines.map(machineKey)).size, machines.length)
    assert.strictEqual(machineKey({ ...linuxBox }), machineKey(linuxBox))
  })
})

import { assert, describe, it } from "vitest"
import { numericsChange } from "../../src/engine/numerics-change.ts"
import { numericsClass, scalarNumericsClass } from "../../src/engine/numerics.ts"
import { loweringVersion } from "../../src/engine/lowering-version.ts"
import type { ChosenEngine } from "../../src/engine/provider/choose.ts"
import { digestOf } from "../../src/base/digest.ts"
import { actionKey, recipeWithoutInputs } from "../../src/plan/keys.ts"
import type { StageInstance } from "../../src/language/pipeline.ts"

type Engine = Pick<ChosenEngine, "name" | "facts">

const v8 = scalarNumericsClass()
const libraries = "onnxruntime@1.30.0"
const cpu: Engine = {
  name: "cpu",
  facts: { libraries, arch: "x64", cpu: { block: 16, arithmetic: "5d0c1a2b" } }
}
const cuda: Engine = {
  name: "cuda",
  facts: {
    libraries,
    arch: "x64",
    device: {
      name: "NVIDIA H200",
      driver: "libcuda.so.570.86.10 libcudnn.so.9.1.0",
      hardware: true
    }
  }
}
const tfjs: Engine = { name: "tfjs", facts: { libraries: "tfjs-cpu@4.22.0", arch: "x64" } }
const tensorflow: Engine = {
  name: "tensorflow",
  facts: { ...cuda.facts, libraries: "tensorflow@2.9.1 tfjs-node-gpu@4.22.0" }
}

describe("numericsClass", () => {
  it("names all that changes bits", () => {
    assert.strictEqual(
      numericsClass(cpu),
      `onnxruntime@1.30.0 cpu nchwc16 x64 arithmetic@5d0c1a2b lowering@${loweringVersion} ${v8}`
    )
    assert.strictEqual(
      numericsClass(cuda),
      `onnxruntime@1.30.0 cuda x64 device@NVIDIA_H200 driver@libcuda.so.570.86.10_libcudnn.so.9.1.0 lowering@${loweringVersion} ${v8}`
    )
    assert.strictEqual(numericsClass(tfjs), `tfjs-cpu@4.22.0 ${v8}`)
    assert.match(
      numericsClass(tensorflow),
      /^tensorflow@2\.9\.1 tfjs-node-gpu@4\.22\.0 gpu x64 device@/
    )
    assert.notInclude(numericsClass(tensorflow), "lowering")
  })
})

describe("keys", () => {
  const instance: StageInstance = {
    id: "noisy",
    stage: "noisy",
    uses: "noise/add",
    point: {},
    params: {},
    inputs: {},
    files: {},
    resources: {},
    outputs: {}
  } as unknown as StageInstance
  const keyUnder = (engine: Engine, tensors: boolean) =>
    actionKey(
      recipeWithoutInputs(instance, {
        code: new Map([
          ["noise/add", { fingerprint: digestOf("code", []), modules: {}, packages: {}, tensors }]
        ]),
        numerics: numericsClass(engine),
        fileDigest: () => digestOf("file", [])
      })
    )

  it("of tensor stages differ between engines, so that no result of one is taken for the other's", () => {
    const keys = [cpu, cuda, tfjs, tensorflow].map((engine) => keyUnder(engine, true))
    assert.strictEqual(new Set(keys).size, keys.length)
    const otherBlock = {
      ...cpu,
      facts: { ...cpu.facts, cpu: { block: 8, arithmetic: "5d0c1a2b" } }
    }
    assert.notStrictEqual(keyUnder(otherBlock, true), keyUnder(cpu, true))
  })
  it("of all other stages do not depend on the engine", () => {
    assert.strictEqual(keyUnder(cpu, false), keyUnder(tfjs, false))
  })
})

describe("numericsChange", () => {
  it("says which engine became which", () => {
    assert.strictEqual(
      numericsChange(numericsClass(tfjs), numericsClass(cpu)),
      "TensorFlow.js's cpu backend → ONNX Runtime on the CPU"
    )
    assert.strictEqual(
      numericsChange(numericsClass(cpu), numericsClass(cuda)),
      "ONNX Runtime on the CPU → ONNX Runtime on CUDA (NVIDIA H200)"
    )
    assert.strictEqual(
      numericsChange(numericsClass(tensorflow), numericsClass(cpu)),
      "TensorFlow (NVIDIA H200) → ONNX Runtime on the CPU"
    )
  })
  it("says only what differs within one", () => {
    const before = "onnxruntime@1.29.1 cpu nchwc8 x64 arithmetic@00000001 lowering@1 v8@13.6"
    assert.strictEqual(
      numericsChange(before, before.replace("1.29.1", "1.30.0")),
      "ONNX Runtime 1.29.1 → 1.30.0"
    )
    assert.strictEqual(
      numericsChange(before, before.replace("nchwc8", "nchwc16").replace("@00000001", "@00000002")),
      "channels in a block 8 → 16, rounding of the processor 00000001 → 00000002"
    )
    assert.strictEqual(
      numericsChange(before, before.replace("lowering@1", "lowering@2").replace("13.6", "14.0")),
      "version of ablate's lowering 1 → 2, V8 13.6 → 14.0"
    )
    assert.strictEqual(
      numericsChange(numericsClass(cuda), numericsClass(cuda).replace("NVIDIA_H200", "NVIDIA_L4")),
      "device NVIDIA H200 → NVIDIA L4"
    )
  })
  it("shows what it does not know as it is", () => {
    assert.strictEqual(numericsChange("engine@1", "engine@2"), "engine@1 → engine@2")
    assert.strictEqual(numericsChange("no tensors", "v8@13.6"), "no tensors → v8@13.6")
  })
})

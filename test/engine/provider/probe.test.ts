/** Real probes, each in a process of its own. */
import { assert, describe, it } from "vitest"
import { existsSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { cpuArithmetic } from "../../../src/engine/provider/arithmetic.ts"
import { nchwcBlockSize } from "../../../src/engine/provider/block-size.ts"
import { probeEngine, reasonOf } from "../../../src/engine/provider/probe.ts"
import { expectedResult, runTrial } from "../../../src/engine/provider/trial.ts"
import { temporaryFolder } from "../../support/project.ts"

const folder = temporaryFolder()
const moduleThat = (name: string, code: string): URL => {
  const file = path.join(folder, `${name}.mjs`)
  writeFileSync(file, code)
  return pathToFileURL(file)
}

describe("the CPU", () => {
  it("can be used, and its arithmetic and block size are the same in any process", () => {
    const finding = probeEngine("cpu")
    assert.isTrue(finding.usable)
    if (!finding.usable) return
    const { arch, cpu, libraries } = finding.facts
    assert.match(libraries, /^onnxruntime@\d+\.\d+\.\d+$/)
    assert.strictEqual(arch, process.arch)
    assert.deepStrictEqual(cpu, { block: nchwcBlockSize(), arithmetic: cpuArithmetic() })
    assert.match(cpu?.arithmetic ?? "", /^[0-9a-f]{8}$/)
    assert.include([0, 4, 8, 16], cpu?.block)
  })
  it("runs the trial model, whose result is known by hand", () => {
    // Rows -2 1 4 0, 3 -1 2 -2, 1 4 0 3, -1 2 -2 1; sums of 3 x 3: 12 11, 8 7; times [[1,-1],[2,1]].
    assert.deepStrictEqual(expectedResult(), [34, -1, 22, -1])
    runTrial("cpu").dispose()
  })
})

describe("a provider that is not there", () => {
  it.skipIf(process.platform !== "linux")("is a finding, not a failure", () => {
    for (const name of ["coreml", "directml"] as const) {
      const finding = probeEngine(name)
      assert.deepStrictEqual(finding, {
        usable: false,
        why: "ONNX Runtime's package for this system does not have it"
      })
    }
  })
})

describe("a probe that comes to no end of its own", () => {
  it("is told of, with the last words", () => {
    const finding = probeEngine("cuda", {
      module: moduleThat("dies", `process.stderr.write("first\\ncuda gave up\\n"); process.abort()`)
    })
    assert.isFalse(finding.usable)
    assert.match(
      finding.usable ? "" : finding.why,
      /^trying it ended the process \((?:SIGABRT|exit code \d+)\)/
    )
    const silent = probeEngine("cuda", { module: moduleThat("exits", "process.exit(7)") })
    assert.strictEqual(silent.usable ? "" : silent.why, "trying it ended the process (exit code 7)")
  })
  it("is stopped", () => {
    const finding = probeEngine("cuda", {
      module: moduleThat("hangs", "setInterval(() => {}, 1000)"),
      patienceMs: 500
    })
    assert.strictEqual(finding.usable ? "" : finding.why, "it gave no answer within 0.5 seconds")
  })
})

const swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json"

describe.skipIf(!existsSync(swiftshader))("WebGPU on Chromium's software driver", () => {
  const { LD_LIBRARY_PATH: _, VK_DRIVER_FILES: __, ...env } = process.env
  it("computes, and is not taken for a GPU", () => {
    const finding = probeEngine("webgpu", {
      env: { ...env, LD_LIBRARY_PATH: "/usr/lib/chromium", VK_DRIVER_FILES: swiftshader }
    })
    assert.isTrue(finding.usable, finding.usable ? "" : finding.why)
    if (!finding.usable) return
    const { device } = finding.facts
    assert.deepStrictEqual([device?.name, device?.hardware], ["software", false])
    assert.match(device?.driver ?? "", /^libvk_swiftshader\.so@[0-9a-f]{8}$/)
    assert.deepStrictEqual(
      finding.files.map(({ path: file }) => path.basename(file)),
      ["libvk_swiftshader.so"]
    )
  })
  it("says what is missing without a driver", () => {
    const finding = probeEngine("webgpu", {
      env: {
        ...env,
        LD_LIBRARY_PATH: "/usr/lib/chromium",
        VK_DRIVER_FILES: path.join(folder, "no-such-driver.json")
      }
    })
    assert.deepInclude(finding, {
      usable: false,
      why: "no graphics driver was found that it could use"
    })
  })
})

describe("reasonOf", () => {
  it("turns what libraries say into what is missing", () => {
    const loader =
      "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory"
    const { how, why } = reasonOf("webgpu", loader, "No supported adapters")
    assert.strictEqual(why, "the Vulkan loader (libvulkan.so.1) is not installed")
    assert.include(how ?? "", "libvulkan1")
    const cudnn =
      "[E:onnxruntime] Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object file: No such file or directory"
    assert.strictEqual(
      reasonOf("cuda", cudnn, "Failed to load shared library").why,
      "the library libcudnn.so.9 is not installed"
    )
  })
  it("keeps the end of ONNX Runtime's own messages", () => {
    const message =
      "/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 f() adapter_result.status == 1 was false. Failed to get a WebGPU device: lost"
    assert.strictEqual(reasonOf("webgpu", "", message).why, "Failed to get a WebGPU device: lost")
    assert.strictEqual(reasonOf("cuda", "", "something else").why, "something else")
  })
})

/**
 * The engine on WebGPU, in a process of its own, where the driver is found through the environment. A driver that computes on
 * the CPU will do; compiling its shaders is what takes the time.
 */
import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import { readFileSync, readdirSync } from "node:fs"
import * as path from "node:path"
import { temporaryFolder } from "../../support/project.ts"
import { webgpuEnvironment } from "../../support/webgpu.ts"
import { type Report } from "./report.ts"

const environment = webgpuEnvironment()
const skipped = "missing" in environment ? ` (skipped: ${environment.missing})` : ""

const folder = temporaryFolder()

/** Runs the program once; ONNX Runtime's profiles lie beside the report. */
const run = (): Report => {
  const file = path.join(folder, "report.json")
  const { status, stderr } = spawnSync(
    process.execPath,
    [path.join(import.meta.dirname, "program.ts"), file],
    {
      env: {
        ...process.env,
        ...environment,
        ABLATE_ENGINE: "webgpu",
        ABLATE_PROFILE: path.join(folder, "profile")
      },
      encoding: "utf8"
    }
  )
  if (status !== 0) throw new Error(`the program ended with ${status}:\n${stderr}`)
  return JSON.parse(readFileSync(file, "utf8")) as Report
}

interface ProfileEvent {
  readonly cat: string
  readonly args?: { readonly op_name?: string; readonly provider?: string }
}

/** The nodes of the session that had most of them: that of the training step. */
const nodesOfTrainingStep = (): ReadonlyArray<Required<ProfileEvent>["args"]> => {
  const sessions = readdirSync(folder)
    .filter((name) => name.startsWith("profile"))
    .map((name) => {
      const events = JSON.parse(
        readFileSync(path.join(folder, name), "utf8")
      ) as Array<ProfileEvent>
      return events.flatMap(({ args, cat }) =>
        cat === "Node" && args?.provider !== undefined ? [args] : []
      )
    })
  return sessions.reduce((most, nodes) => (nodes.length > most.length ? nodes : most), [])
}

describe.skipIf("missing" in environment)(`WebGPU${skipped}`, () => {
  let report: Report
  it("runs a program", { timeout: 300_000 }, () => {
    report = run()
  })

  it("computes what TensorFlow.js's own kernels compute", () => {
    const wrong = Object.entries(report.computations).filter(
      ([, difference]) => typeof difference === "string" || !(difference < 1e-5)
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("trains a U-Net, eager and compiled", () => {
    const [eager, compiled, expected] = report.training.losses
    for (const [step, loss] of expected.entries()) {
      // Adam's first steps divide a gradient by its own size, and so make much of the rounding of small ones.
      assert.closeTo(eager[step]!, loss, 1e-4)
      assert.closeTo(compiled[step]!, loss, 1e-4)
    }
    for (const difference of report.training.moments) assert.isBelow(difference, 1e-4)
  })

  it("leaves nothing of a training step to the CPU", () => {
    const nodes = nodesOfTrainingStep()
    assert.isAbove(nodes.length, 1000)
    const elsewhere = nodes.filter(({ provider }) => provider !== "WebGpuExecutionProvider")
    assert.deepStrictEqual([...new Set(elsewhere.map(({ op_name }) => op_name))], [])
  })

  it("keeps the state of a training on the device, and frees what it replaces", () => {
    const [eager, compiled, left] = report.training.onDevice
    assert.isAbove(eager[0]!, 50)
    assert.deepStrictEqual([...new Set([...eager, ...compiled])], [eager[0]])
    assert.strictEqual(left, 0)
  })

  it("frees memory of the device when nobody needs it any more, and not before", () => {
    assert.deepStrictEqual(report.memory, [])
  })

  it("takes weights from files", () => {
    const wrong = Object.entries(report.weights).filter(([, difference]) => !(difference < 1e-6))
    assert.deepStrictEqual(wrong, [])
    assert.isAbove(Object.keys(report.weights).length, 40)
  })
})

/** Schedules from the files that networks come with. */
import { assert, describe, it } from "vitest"
import { readFileSync } from "node:fs"
import { decodeSchedule, deepFloydSchedule } from "../../src/diffusion/scheduler-file.ts"
import { alphaBar, linearBetas, scaledLinearBetas } from "../../src/diffusion/schedule.ts"
import { decodeSafetensors } from "../../src/safetensors/decode.ts"
import { typedArray } from "../../src/safetensors/typed-array.ts"
import { userError } from "../engine/weights/files.ts"
import { sharedFile } from "../support/project.ts"

const folder = sharedFile("fixtures", "if", "scheduler")
const read = (json: Readonly<Record<string, unknown>>) => decodeSchedule({ shown: "s.json", json })

describe("a scheduler's file", () => {
  it.skipIf(folder === undefined)("gives IF's schedule, float64 as the reference's", () => {
    const tables = decodeSafetensors(readFileSync(`${folder}/schedule.safetensors`)).tensors
    for (const name of ["scheduler_config.json", "scheduler_config.stage2.json"]) {
      const json = JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as Record<string, unknown>
      const schedule = read(json)
      assert.deepStrictEqual(schedule, deepFloydSchedule())
      for (const [table, values] of [
        ["betas_f64", schedule.betas],
        ["alphas_cumprod_f64", schedule.alphaBar]
      ] as const) {
        const expected = typedArray(tables.get(table)!, ["F64"])!
        assert.strictEqual(values.length, expected.length)
        // A few roundings, of 1000 factors.
        for (const [t, value] of values.entries()) assert.closeTo(value / expected[t]!, 1, 1e-12)
      }
    }
  })

  it("has diffusers' defaults, and its three kinds", () => {
    const linear = linearBetas(1000, 1e-4, 0.02)
    assert.deepStrictEqual(read({ _class_name: "DDPMScheduler" }), {
      kind: "linear",
      betas: [...linear],
      alphaBar: [...alphaBar(linear)]
    })
    const { betas, kind } = read({
      beta_schedule: "scaled_linear",
      beta_start: 0.00085,
      beta_end: 0.012,
      num_train_timesteps: 5,
      timestep_spacing: "trailing"
    })
    assert.strictEqual(kind, "scaled-linear")
    assert.deepStrictEqual(betas, [...scaledLinearBetas(5, 0.00085, 0.012)])
  })

  it.each([
    [{ beta_schedule: "sigmoid" }, 'beta_schedule is "sigmoid"; supported is "squaredcos_cap_v2"'],
    [{ prediction_type: "sample" }, 'prediction_type is "sample"'],
    [{ trained_betas: [0.1] }, "trained_betas is [0.1]"],
    [{ rescale_betas_zero_snr: true }, "rescale_betas_zero_snr is true"],
    [{ variance_type: "learned" }, 'variance_type is "learned"'],
    [{ num_train_timesteps: 0 }, "num_train_timesteps is 0"],
    [{ use_karras_sigmas: true }, "use_karras_sigmas is true; it is not known here"]
  ])("refuses %j", (json, message) => {
    assert.include(userError(() => read(json)).message, message)
  })
})

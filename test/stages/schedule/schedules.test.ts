import { assert, describe, it } from "vitest"
import {
  alphaBar,
  cosineBetas,
  linearBetas,
  scaledLinearBetas
} from "../../../src/diffusion/schedule.ts"
import cosine from "../../../stages/schedule/cosine.ts"
import linear from "../../../stages/schedule/linear.ts"
import scaledLinear from "../../../stages/schedule/scaled-linear.ts"
import { decodeExample, decodeParams, runStage } from "../../support/run-stage.ts"

const cases = [
  { name: "linear", stage: linear, betas: linearBetas(1000, 1e-4, 0.02) },
  { name: "scaled-linear", stage: scaledLinear, betas: scaledLinearBetas(1000, 0.00085, 0.012) },
  { name: "cosine", stage: cosine, betas: cosineBetas(1000, 0.008, 0.999) }
] as const

for (const { betas, name, stage } of cases) {
  // The three differ in their parameters, not in how they are run.
  const definition = stage as typeof linear
  describe(`schedule/${name}`, () => {
    it("has the usual schedule by default", async () => {
      const { schedule } = await runStage(definition, {})
      assert.deepStrictEqual(schedule, {
        type: "NoiseSchedule",
        kind: name,
        betas: [...betas],
        alphaBar: [...alphaBar(betas)]
      })
    })

    it("says its length before it runs", async () => {
      const params = decodeParams(definition, { timesteps: 7 })
      const { schedule } = await runStage(definition, {}, { timesteps: 7 })
      assert.deepStrictEqual(
        definition.bind!(params, { dims: {}, attributes: {}, connected: {} }),
        {
          T: schedule.alphaBar.length
        }
      )
    })

    it("refuses lengths and betas that make no schedule", () => {
      for (const timesteps of [0, 1.5, -3]) {
        assert.throws(() => decodeParams(definition, { timesteps }))
      }
      for (const beta of [0, 1, -0.1]) {
        assert.throws(() =>
          decodeParams(definition, name === "cosine" ? { maxBeta: beta } : { betaEnd: beta })
        )
      }
    })

    it("has an example that is right", () => {
      const example = decodeExample(definition)
      assert.strictEqual(example.uses, `schedule/${name}`)
      assert.deepStrictEqual(example.inputs, [])
    })
  })
}

describe("the parameters of a schedule", () => {
  it("reach the formula", async () => {
    const { schedule: a } = await runStage(
      linear,
      {},
      { timesteps: 3, betaStart: 0.1, betaEnd: 0.3 }
    )
    assert.deepStrictEqual(a.betas, [...linearBetas(3, 0.1, 0.3)])
    const { schedule: b } = await runStage(
      scaledLinear,
      {},
      { timesteps: 3, betaStart: 0.1, betaEnd: 0.3 }
    )
    assert.deepStrictEqual(b.betas, [...scaledLinearBetas(3, 0.1, 0.3)])
    const { schedule: c } = await runStage(cosine, {}, { timesteps: 9, offset: 0.1, maxBeta: 0.5 })
    assert.deepStrictEqual(c.betas, [...cosineBetas(9, 0.1, 0.5)])
  })
})

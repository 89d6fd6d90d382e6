import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import {
  alphaBarAtFlowTime,
  flowScale,
  flowTime
} from "../../../src/diffusion/stepping/flow-time.ts"
import {
  type Conversion,
  epsilonFrom,
  type Prediction,
  predictions,
  sampleFrom,
  velocityFrom
} from "../../../src/diffusion/stepping/prediction.ts"

const signal = fc.double({ min: 1e-3, max: 0.999, noNaN: true })
const value = fc.double({ min: -3, max: 3, noNaN: true })
const apply = (
  x: number,
  prediction: number,
  { inputScale, predictionScale }: Conversion<number>
) => inputScale * x + predictionScale * prediction

describe("a prediction", () => {
  it("of each kind says all three: noise, clean sample and velocity", () => {
    fc.assert(
      fc.property(signal, value, value, (alphaBar, x0, epsilon) => {
        const x = Math.sqrt(alphaBar) * x0 + Math.sqrt(1 - alphaBar) * epsilon
        const truth: Readonly<Record<Prediction, number>> = {
          epsilon,
          sample: x0,
          velocity: x0 - epsilon
        }
        for (const kind of predictions) {
          const given = truth[kind]
          assert.closeTo(apply(x, given, sampleFrom(kind, alphaBar)), x0, 1e-11)
          assert.closeTo(apply(x, given, epsilonFrom(kind, alphaBar)), epsilon, 1e-11)
          assert.closeTo(apply(x, given, velocityFrom(kind, alphaBar)), x0 - epsilon, 1e-10)
        }
      })
    )
  })

  it("of a velocity works at both ends, and of ε not where no signal is left", () => {
    for (const [alphaBar, x] of [
      [0, -0.7],
      [1, 0.4]
    ] as const) {
      // x is the noise at ᾱ = 0, and the clean sample at 1.
      assert.closeTo(apply(x, 0.4 + 0.7, sampleFrom("velocity", alphaBar)), 0.4, 1e-15)
      assert.closeTo(apply(x, 0.4 + 0.7, epsilonFrom("velocity", alphaBar)), -0.7, 1e-15)
    }
    assert.throws(() => sampleFrom("epsilon", 0), UserError, "clean sample")
    assert.throws(() => sampleFrom("epsilon", 1e-80), UserError, "clean sample")
    assert.throws(() => epsilonFrom("sample", 1), UserError, "noise")
    assert.throws(() => velocityFrom("epsilon", 0), UserError, "velocity")
    assert.throws(() => velocityFrom("sample", 1), UserError, "velocity")
  })
})

describe("a flow's time", () => {
  it("has the signal-to-noise ratio of its ᾱ", () => {
    fc.assert(
      fc.property(signal, (alphaBar) => {
        const time = flowTime(alphaBar)
        const snr = alphaBar / (1 - alphaBar)
        assert.closeTo((time / (1 - time)) ** 2, snr, 1e-12 * Math.max(1, snr))
        assert.closeTo(alphaBarAtFlowTime(time), alphaBar, 1e-13)
      })
    )
    assert.deepStrictEqual([0, 0.5, 1].map(flowTime), [0, 0.5, 1])
    assert.deepStrictEqual([0, 0.5, 1].map(alphaBarAtFlowTime), [0, 0.5, 1])
  })

  it("makes the same state but for one factor", () => {
    fc.assert(
      fc.property(signal, value, value, (alphaBar, x0, epsilon) => {
        const time = flowTime(alphaBar)
        const state = Math.sqrt(alphaBar) * x0 + Math.sqrt(1 - alphaBar) * epsilon
        assert.closeTo(flowScale(alphaBar) * state, time * x0 + (1 - time) * epsilon, 1e-13)
        assert.closeTo(flowScale(alphaBar), Math.hypot(time, 1 - time), 1e-13)
      })
    )
  })
})

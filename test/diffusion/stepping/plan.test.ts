import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { alphaBar, cosineBetas } from "../../../src/diffusion/schedule.ts"
import {
  advance,
  type Answer,
  convert,
  type SamplingState,
  scalars,
  startSampling
} from "../../../src/diffusion/stepping/advance.ts"
import { clean } from "../../../src/diffusion/stepping/level.ts"
import { type Coefficients, planSampling } from "../../../src/diffusion/stepping/plan.ts"
import type { Prediction } from "../../../src/diffusion/stepping/prediction.ts"
import {
  epsilonFrom,
  sampleFrom,
  velocityFrom
} from "../../../src/diffusion/stepping/prediction.ts"
import type { Sampler } from "../../../src/diffusion/stepping/samplers.ts"
import type { Thresholding } from "../../../src/diffusion/stepping/thresholding.ts"
import { compile } from "../../../src/engine/compile.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { epsilonOfGaussian, runPlan } from "./run-plan.ts"

const signal = [...alphaBar(cosineBetas(1000))]
const ddpm: Sampler = { kind: "ddpm", variance: "learned-range" }
const planOf = (
  sampler: Sampler,
  timesteps: ReadonlyArray<number>,
  end: "clean" | "last-timestep"
) => planSampling({ alphaBar: signal, end, prediction: "epsilon", sampler, timesteps })

describe("a plan", () => {
  it("says from where to where each step goes, and where the network is asked", () => {
    const [first, last] = planOf({ kind: "heun" }, [500, 0], "clean").steps
    const half = { timestep: 500, alphaBar: signal[500]! }
    const low = { timestep: 0, alphaBar: signal[0]! }
    assert.deepStrictEqual([first?.from, first?.to], [half, low])
    assert.deepStrictEqual([last?.from, last?.to], [low, clean])
    assert.deepStrictEqual(
      first?.evaluations.map(({ at }) => at),
      [half, low]
    )
    assert.deepStrictEqual(
      last?.evaluations.map(({ at }) => at),
      [low]
    )
  })

  it("ends at the clean sample after as many steps as timesteps, or at the last timestep after one less", () => {
    const list = [900, 600, 300, 0]
    for (const [kind, toClean, toLast] of [
      ["euler", 4, 3],
      ["dpm-solver++", 4, 3],
      ["heun", 7, 6]
    ] as const) {
      assert.strictEqual(planOf({ kind }, list, "clean").evaluations, toClean)
      assert.strictEqual(planOf({ kind }, list, "last-timestep").evaluations, toLast)
    }
    assert.strictEqual(planOf(ddpm, list, "last-timestep").steps.at(-1)?.to.timestep, 0)
    assert.strictEqual(planOf(ddpm, [0], "last-timestep").steps.length, 0)
  })

  it("draws noise at every timestep but 0, and with η = 0 never", () => {
    const drawn = (sampler: Sampler, list: ReadonlyArray<number>, end: "clean" | "last-timestep") =>
      planOf(sampler, list, end).steps.map(({ evaluations }) => evaluations[0]!.drawsNoise)
    assert.deepStrictEqual(drawn(ddpm, [600, 30, 0], "clean"), [true, true, false])
    assert.deepStrictEqual(drawn(ddpm, [600, 30, 0], "last-timestep"), [true, true])
    assert.deepStrictEqual(drawn(ddpm, [600, 30], "clean"), [true, true])
    assert.deepStrictEqual(drawn({ kind: "ddim", eta: 1 }, [600, 30, 0], "clean"), [
      true,
      true,
      false
    ])
    const still = planOf({ kind: "ddim", eta: 0 }, [600, 30, 0], "clean")
    assert.isFalse(still.drawsNoise)
    assert.isTrue(planOf(ddpm, [600, 0], "clean").learnedVariance)
  })

  it("has a memory where one is used", () => {
    const list = [600, 300, 0]
    assert.isTrue(planOf({ kind: "heun" }, list, "clean").memory)
    assert.isTrue(planOf({ kind: "dpm-solver++" }, list, "clean").memory)
    assert.isFalse(planOf({ kind: "euler" }, list, "clean").memory)
    assert.isFalse(planOf(ddpm, list, "clean").memory)
  })

  it("is refused for timesteps that do not fall or are none of the schedule's", () => {
    assert.throws(() => planOf(ddpm, [300, 600], "clean"), RangeError, "does not fall")
    assert.throws(() => planOf(ddpm, [300, 300], "clean"), RangeError, "does not fall")
    assert.throws(() => planOf(ddpm, [1000, 300], "clean"), RangeError, "0 to 999")
  })

  it("is refused where a schedule leaves no signal, no noise, or the same in two timesteps", () => {
    const all: ReadonlyArray<Sampler> = [ddpm, { kind: "euler" }, { kind: "heun" }]
    for (const sampler of [...all, { kind: "dpm-solver++" } as const]) {
      for (const alphaBar of [
        [0.9, 0.5, 0],
        [0.9, 0.5, 1e-90],
        [1, 1, 0.5]
      ]) {
        assert.throws(
          () =>
            planSampling({
              alphaBar,
              end: "last-timestep",
              prediction: "epsilon",
              sampler,
              timesteps: [2, 1, 0]
            }),
          UserError,
          /ᾱ/
        )
      }
    }
  })
})

describe("a prediction of another kind", () => {
  const conversions = {
    epsilon: epsilonFrom,
    sample: sampleFrom,
    velocity: velocityFrom
  }
  it.each(["sample", "velocity"] as const)("leads to the same samples: %s", (prediction) => {
    const timesteps = [990, 900, 700, 400, 100, 0]
    const start = [1.3, -0.4]
    const run = (prediction: Prediction) =>
      runPlan(
        planSampling({
          alphaBar: signal,
          end: "clean",
          prediction,
          sampler: { kind: "dpm-solver++" },
          timesteps
        }),
        start,
        2,
        (x, at) => {
          const epsilon = epsilonOfGaussian(0.4)(x, at)
          const { inputScale, predictionScale } = conversions[prediction]("epsilon", at.alphaBar)
          return x.map((value, i) => inputScale * value + predictionScale * epsilon[i]!)
        }
      )
    const [expected, actual] = [run("epsilon"), run(prediction)]
    for (const [step, state] of expected.entries()) {
      for (const [i, value] of state.entries()) {
        assert.closeTo(actual[step]![i]!, value, 1e-5)
      }
    }
  })

  it("is the same in tensors as in numbers", () => {
    const { inputScale, predictionScale } = sampleFrom("epsilon", 0.36)
    assert.closeTo(inputScale, 1 / 0.6, 1e-12)
    assert.closeTo(predictionScale, -0.8 / 0.6, 1e-12)
    const [actual] = computeAll(() => [
      convert(
        tf.tensor4d([1], [1, 1, 1, 1]),
        tf.tensor4d([0.5], [1, 1, 1, 1]),
        scalars(sampleFrom("epsilon", 0.36))
      )
    ])
    assert.closeTo(actual![0]!, 1, 1e-6)
  })
})

describe("advance", () => {
  const shape: [number, number, number, number] = [2, 4, 4, 3]
  const size = 2 * 4 * 4 * 3
  const image = (name: string) => tf.tensor4d(normal(5, name, size), shape)
  const thresholding: Thresholding = { kind: "dynamic", ratio: 0.9, maximum: 1.5 }

  it.each([
    [ddpm],
    [{ kind: "ddim", eta: 0.5 }],
    [{ kind: "heun" }],
    [{ kind: "dpm-solver++" }]
  ] as ReadonlyArray<[Sampler]>)("is recorded once for all evaluations: %j", (sampler) => {
    const plan = planOf(sampler, [900, 700, 400, 200, 0], "clean")
    let recordings = 0
    const recorded = compile(
      (state: SamplingState, answer: Answer, coefficients: Coefficients<Scalar>) => {
        recordings++
        return { ...advance(state, answer, coefficients, thresholding) }
      }
    )
    const play = (
      step: (
        state: SamplingState,
        answer: Answer,
        coefficients: Coefficients<Scalar>
      ) => SamplingState
    ) =>
      computeAll(() => {
        let state = startSampling(plan, image("start"))
        return plan.steps.flatMap(({ evaluations, from }) =>
          evaluations.map(({ coefficients }, i) => {
            const name = `${from.timestep} ${i}`
            const answer = {
              prediction: image(`prediction ${name}`),
              ...(plan.drawsNoise ? { noise: image(`noise ${name}`) } : {}),
              ...(plan.learnedVariance ? { variance: image(`variance ${name}`) } : {})
            }
            state = step(state, answer, scalars(coefficients))
            return state.x
          })
        )
      })
    const [fast, plain] = [
      play((state, answer, coefficients) => recorded(state, answer, coefficients)),
      play((state, answer, coefficients) => advance(state, answer, coefficients, thresholding))
    ]
    assert.strictEqual(recordings, 1)
    for (const [i, x] of plain.entries()) {
      for (const [j, value] of x.entries()) assert.closeTo(fast[i]![j]!, value, 2e-6)
    }
    assert.isTrue(plain.every((x) => x.every(Number.isFinite)))
  })

  it("takes the noise of a step that draws none for nothing", () => {
    const plan = planOf(ddpm, [0], "clean")
    const { coefficients, drawsNoise } = plan.steps[0]!.evaluations[0]!
    assert.isFalse(drawsNoise)
    const [loud, still] = computeAll(() =>
      [image("noise"), tf.zeros(shape) as Tensor4D].map((noise) => {
        const answer = { prediction: image("prediction"), variance: image("v"), noise }
        return advance({ x: image("x") }, answer, scalars(coefficients), thresholding).x
      })
    )
    assert.deepStrictEqual(loud, still)
  })

  it("makes the tensors of the next state, and no others", () => {
    const plan = planOf({ kind: "heun" }, [600, 0], "clean")
    const { coefficients } = plan.steps[0]!.evaluations[0]!
    const [x, prediction, numbers] = [image("x"), image("p"), scalars(coefficients)]
    const state = startSampling(plan, x)
    const before = tf.memory().numTensors
    const next = advance(state, { prediction }, numbers, thresholding)
    assert.strictEqual(tf.memory().numTensors, before + 2)
    tf.dispose([state, next, prediction, numbers] as never)
  })
})

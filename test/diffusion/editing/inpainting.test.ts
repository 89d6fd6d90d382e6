import { assert, describe, it } from "vitest"
import { jumpMoveCount, withJumps } from "../../../src/diffusion/editing/inpainting.ts"
import { startIndex } from "../../../src/diffusion/editing/start-index.ts"
import { planSampling } from "../../../src/diffusion/stepping/plan.ts"

const alphaBar = Array.from({ length: 12 }, (_, t) => 0.95 - 0.07 * t)
const planOf = (steps: number) =>
  planSampling({
    alphaBar,
    timesteps: Array.from({ length: steps }, (_, i) => steps - 1 - i),
    end: "clean",
    prediction: "epsilon",
    sampler: { kind: "ddpm", variance: "fixed-large" }
  })

/** `get_schedule_jump` as Lugmayr et al. 2022 wrote it: every timestep that x has, at the end -1 for the clean sample. */
const authors = (total: number, length: number, resamplings: number): ReadonlyArray<number> => {
  const jumps = new Map<number, number>()
  for (let j = 0; j < total - length; j += length) jumps.set(j, resamplings - 1)
  const times: Array<number> = []
  let t = total
  while (t >= 1) {
    t -= 1
    times.push(t)
    if ((jumps.get(t) ?? 0) > 0) {
      jumps.set(t, jumps.get(t)! - 1)
      for (let up = 0; up < length; up++) {
        t += 1
        times.push(t)
      }
    }
  }
  return [...times, -1]
}

/** The same of ours: noise is put on at once for a whole jump, which is the same distribution. */
const ours = (steps: number, length: number, resamplings: number): ReadonlyArray<number> => [
  steps - 1,
  ...withJumps(planOf(steps), { length, resamplings }).flatMap((move) =>
    move.kind === "step"
      ? [steps - 2 - move.step]
      : Array.from({ length }, (_, up) => move.from.timestep + 1 + up)
  )
]

describe("RePaint's jumps", () => {
  it("go where the authors' schedule goes", () => {
    assert.deepStrictEqual(ours(4, 1, 2), [3, 2, 3, 2, 1, 2, 1, 0, 1, 0, -1])
    for (const [total, length, resamplings] of [
      [12, 3, 4],
      [10, 10, 1],
      [9, 2, 2],
      [12, 5, 10]
    ] as const) {
      assert.deepStrictEqual(ours(total, length, resamplings), authors(total, length, resamplings))
    }
  })
  it("are as many moves as they say", () => {
    for (const jumps of [
      { length: 3, resamplings: 4 },
      { length: 1, resamplings: 1 }
    ]) {
      assert.strictEqual(jumpMoveCount(12, jumps), withJumps(planOf(12), jumps).length)
    }
  })
  it("are none with one walk of each stretch", () => {
    assert.deepStrictEqual(ours(5, 2, 1), [4, 3, 2, 1, 0, -1])
  })
  it("are refused when they are longer than the walk", () => {
    assert.throws(() => withJumps(planOf(5), { length: 5, resamplings: 2 }), /too long for 5 steps/)
  })
})

describe("the start of an edit by strength", () => {
  it("is where diffusers starts", () => {
    const walked = (timesteps: number, strength: number) =>
      timesteps - startIndex(timesteps, strength)
    assert.strictEqual(walked(100, 0.7), 70)
    assert.strictEqual(walked(100, 0.29), 28)
    assert.strictEqual(walked(50, 1), 50)
    assert.strictEqual(walked(50, 0.001), 1)
  })
})

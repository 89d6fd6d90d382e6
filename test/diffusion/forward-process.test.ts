import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { addNoise, addScheduledNoise } from "../../src/diffusion/forward-process.ts"
import { compute } from "../../src/engine/tensors.ts"
import { normal } from "../../src/engine/random/streams.ts"
import { tf } from "../../src/engine/tf.ts"

const pixels = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 })
const noiseFor = (x0: ReadonlyArray<number>, seed: number) => normal(seed, "noise", x0.length)

describe("addScheduledNoise", () => {
  it("is √ᾱ x0 + √(1-ᾱ) ε", () => {
    fc.assert(
      fc.property(
        pixels,
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (x0, seed, alphaBar) => {
          const noise = noiseFor(x0, seed)
          const xt = compute(() => addScheduledNoise(tf.tensor1d(x0), tf.tensor1d(noise), alphaBar))
          for (const [i, value] of xt.entries()) {
            const expected = Math.sqrt(alphaBar) * x0[i]! + Math.sqrt(1 - alphaBar) * noise[i]!
            // Four float32 roundings of terms up to 5.
            assert.closeTo(value, expected, 2e-6)
          }
        }
      )
    )
  })

  it("keeps the variance of an image with variance 1", () => {
    const count = 50_000
    const [x0, noise] = [normal(1, "image", count), normal(2, "noise", count)]
    const xt = compute(() => addScheduledNoise(tf.tensor1d(x0), tf.tensor1d(noise), 0.3))
    const variance = xt.reduce((sum, value) => sum + value * value, 0) / count
    assert.closeTo(variance, 1, 4 * Math.sqrt(2 / count))
  })
})

describe("addNoise", () => {
  it("is x0 + σ ε", () => {
    fc.assert(
      fc.property(
        pixels,
        fc.integer(),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (x0, seed, sigma) => {
          const noise = noiseFor(x0, seed)
          const noisy = compute(() => addNoise(tf.tensor1d(x0), tf.tensor1d(noise), sigma))
          for (const [i, value] of noisy.entries()) {
            assert.closeTo(value, x0[i]! + sigma * noise[i]!, 3e-6)
          }
        }
      )
    )
  })

  it("changes nothing at σ = 0", () => {
    const x0 = Float32Array.of(-1, 0.1, 1 / 3)
    const noisy = compute(() => addNoise(tf.tensor1d(x0), tf.tensor1d(normal(0, "n", 3)), 0))
    assert.deepStrictEqual(noisy, x0)
  })
})

describe("the forward process", () => {
  it("makes one tensor and keeps none", () => {
    const [x0, noise] = [tf.zeros([2]), tf.ones([2])]
    const before = tf.memory().numTensors
    const made = [addNoise(x0, noise, 1), addScheduledNoise(x0, noise, 0.5)]
    assert.strictEqual(tf.memory().numTensors, before + 2)
    tf.dispose([x0, noise, ...made])
  })
})

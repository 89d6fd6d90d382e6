import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import {
  alphaBar,
  cosineBetas,
  linearBetas,
  scaledLinearBetas
} from "../../src/diffusion/schedule.ts"
import { sharedFile } from "../support/project.ts"

/** One tensor of a safetensors file: an 8-byte header length, a JSON header, raw little-endian numbers. */
const tensor = (file: string, name: string): Float32Array | Float64Array => {
  const bytes = readFileSync(file)
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString("utf8", 8, start)) as {
    readonly [name: string]: {
      readonly dtype: string
      readonly data_offsets: readonly [number, number]
    }
  }
  const { data_offsets: offsets, dtype } = header[name]!
  const { buffer } = Uint8Array.from(bytes.subarray(start + offsets[0], start + offsets[1]))
  return dtype === "F64" ? new Float64Array(buffer) : new Float32Array(buffer)
}

const steps = fc.integer({ min: 1, max: 2000 })
const beta = fc.double({ min: 1e-5, max: 0.99, noNaN: true })

describe("cosineBetas", () => {
  it("gives the ᾱ of the reference experiments", () => {
    // t, ᾱ_t, √ᾱ_t, √(1-ᾱ_t) of the cosine schedule over T = 1000, to eight digits.
    const table: ReadonlyArray<readonly [number, number, number, number]> = [
      [0, 0.99995872, 0.99997936, 0.0064252801],
      [30, 0.99646582, 0.99823135, 0.059448956],
      [90, 0.97653932, 0.98820004, 0.15316878],
      [240, 0.85697679, 0.92573041, 0.3781841],
      [250, 0.84588799, 0.91972169, 0.39257103],
      [390, 0.66082243, 0.81290985, 0.58238953],
      [500, 0.49228517, 0.70163037, 0.71254111],
      [540, 0.43017168, 0.65587475, 0.75486974],
      [690, 0.21452302, 0.4631663, 0.88627139],
      [750, 0.14317865, 0.37838954, 0.92564645],
      [780, 0.11203352, 0.33471409, 0.94231973],
      [840, 0.060155419, 0.24526602, 0.96945582],
      [900, 0.023616109, 0.15367534, 0.98812139],
      [960, 0.0036896115, 0.060742172, 0.99815349],
      [990, 0.00019671738, 0.014025597, 0.99990164]
    ]
    const signal = alphaBar(cosineBetas(1000))
    for (const [t, expected, root, noise] of table) {
      assert.closeTo(signal[t]!, expected, 6e-9)
      assert.closeTo(Math.sqrt(signal[t]!), root, 6e-9)
      assert.closeTo(Math.sqrt(1 - signal[t]!), noise, 6e-9)
    }
  })

  it("leaves a signal that only falls, inside (0, 1)", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const signal = alphaBar(cosineBetas(steps))
        assert.isTrue(
          signal.every((value, t) => value > 0 && value < (t === 0 ? 1 : signal[t - 1]!))
        )
      })
    )
  })

  it("clips at maxBeta", () => {
    fc.assert(
      fc.property(steps, beta, (steps, maxBeta) => {
        const betas = cosineBetas(steps, 0.008, maxBeta)
        assert.isTrue(betas.every((value) => value > 0 && value <= maxBeta))
        assert.strictEqual(betas.at(-1), maxBeta)
      })
    )
  })

  const file = sharedFile("fixtures", "if", "scheduler", "schedule.safetensors")
  it.skipIf(file === undefined)("agrees with diffusers' tables", () => {
    const betas = cosineBetas(1000)
    const signal = alphaBar(betas)
    const [betas64, signal64] = [tensor(file!, "betas_f64"), tensor(file!, "alphas_cumprod_f64")]
    const [betas32, signal32] = [tensor(file!, "betas"), tensor(file!, "alphas_cumprod")]
    for (let t = 0; t < 1000; t++) {
      // Float64 against float64: the order of a few roundings differs.
      assert.closeTo(betas[t]!, betas64[t]!, 1e-14)
      assert.closeTo(signal[t]!, signal64[t]!, 1e-14)
      assert.closeTo(betas[t]!, betas32[t]!, 6e-8 * betas[t]! + 1e-14)
      // diffusers multiplies 1 - β in float32: up to 1.3e-5 of the value, largest at the noisy end.
      assert.closeTo(signal[t]!, signal32[t]!, 1.5e-5 * signal[t]!)
      assert.closeTo(signal[t]!, signal32[t]!, 1e-6)
    }
  })
})

describe("linearBetas", () => {
  it("rises by equal steps from start to end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2000 }), beta, beta, (steps, start, end) => {
        const betas = linearBetas(steps, start, end)
        assert.strictEqual(betas.length, steps)
        assert.strictEqual(betas[0], start)
        assert.closeTo(betas.at(-1)!, end, 1e-15)
        const step = (end - start) / (steps - 1)
        assert.isTrue(
          betas.every((value, t) => t === 0 || Math.abs(value - betas[t - 1]! - step) < 1e-15)
        )
      })
    )
  })

  it("gives the ᾱ of Ho et al. at T = 1000", () => {
    // np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))[-1]
    assert.closeTo(alphaBar(linearBetas(1000, 1e-4, 0.02)).at(-1)!, 4.035829765375676e-5, 1e-17)
  })
})

describe("scaledLinearBetas", () => {
  it("is linear in the square root", () => {
    fc.assert(
      fc.property(steps, beta, beta, (steps, start, end) => {
        const roots = scaledLinearBetas(steps, start, end).map(Math.sqrt)
        const expected = linearBetas(steps, Math.sqrt(start), Math.sqrt(end))
        assert.isTrue(expected.every((root, t) => Math.abs(roots[t]! - root) < 1e-15))
      })
    )
  })

  it("gives the ᾱ of Stable Diffusion at T = 1000", () => {
    // np.cumprod(1 - np.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2)[-1]
    assert.closeTo(
      alphaBar(scaledLinearBetas(1000, 0.00085, 0.012)).at(-1)!,
      0.004660098513077238,
      1e-15
    )
  })
})

describe("a schedule of no whole number of steps", () => {
  it("is refused", () => {
    for (const steps of [0, -1, 1.5, NaN]) {
      assert.throws(() => cosineBetas(steps), RangeError)
      assert.throws(() => linearBetas(steps, 0.1, 0.2), RangeError)
      assert.throws(() => scaledLinearBetas(steps, 0.1, 0.2), RangeError)
    }
  })
})

import { assert, describe, it } from "vitest"
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { TorchCpuGenerator } from "../../../src/engine/random/torch-cpu.ts"
import { sharedFile } from "../../support/project.ts"

/** The reference was drawn with vector approximations of log, sin and cos, whose last bit depends on its CPU. */
const normalTolerance = 5e-7

type BySeed<T> = { readonly [seed: string]: T }
type ByCount = { readonly [count: string]: ReadonlyArray<number> }
interface Reference {
  readonly randn: BySeed<ByCount>
  readonly rand: BySeed<ByCount>
  readonly randint_0_1000: BySeed<ByCount>
  readonly randint_0_2: BySeed<ByCount>
  readonly randperm: BySeed<ByCount>
  readonly randn_float64: BySeed<ByCount>
  readonly randn_shape: BySeed<{
    readonly shape: ReadonlyArray<number>
    readonly values: ReadonlyArray<number>
  }>
  readonly sequence: BySeed<{
    readonly calls: ReadonlyArray<string>
    readonly values: ReadonlyArray<ReadonlyArray<number>>
  }>
}

const assertClose = (
  found: ArrayLike<number>,
  expected: ReadonlyArray<number>,
  tolerance: number
) => {
  assert.strictEqual(found.length, expected.length)
  for (const [i, value] of expected.entries()) {
    assert.isAtMost(Math.abs(found[i]! - value), tolerance, `element ${i}`)
  }
}

const file = sharedFile("fixtures", "rng", "torch-cpu.json.gz")
describe.skipIf(file === undefined)("TorchCpuGenerator repeats PyTorch 1.13", () => {
  const reference =
    file === undefined
      ? undefined
      : (JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as Reference)

  const counted = [
    ["randn", (g, n) => g.randn(n), normalTolerance],
    ["rand", (g, n) => g.rand(n), 0],
    ["randint_0_1000", (g, n) => g.randint(0, 1000, n), 0],
    ["randint_0_2", (g, n) => g.randint(0, 2, n), 0],
    ["randperm", (g, n) => g.randperm(n), 0],
    // Two units in the last place of the largest values: another log, sin and cos in float64.
    ["randn_float64", (g, n) => g.randnFloat64(n), 9e-16]
  ] as const satisfies ReadonlyArray<
    readonly [
      keyof Reference,
      (generator: TorchCpuGenerator, count: number) => ArrayLike<number>,
      number
    ]
  >
  for (const [name, draw, tolerance] of counted) {
    it(`in ${name}`, () => {
      const seeds = Object.entries(reference![name])
      assert.isAbove(seeds.length, 5)
      for (const [seed, counts] of seeds) {
        for (const [count, expected] of Object.entries(counts)) {
          assertClose(draw(new TorchCpuGenerator(Number(seed)), Number(count)), expected, tolerance)
        }
      }
    })
  }

  it("in randn of a shape, row by row", () => {
    for (const [seed, { shape, values }] of Object.entries(reference!.randn_shape)) {
      const count = shape.reduce((product, size) => product * size, 1)
      assertClose(new TorchCpuGenerator(Number(seed)).randn(count), values, normalTolerance)
    }
  })

  it("in calls one after another, the normal that a pair leaves over included", () => {
    const call: {
      readonly [text: string]: (generator: TorchCpuGenerator) => ArrayLike<number>
    } = {
      "randn(5)": (g) => g.randn(5),
      "rand(3)": (g) => g.rand(3),
      "randn(2)": (g) => g.randn(2),
      "randn(20)": (g) => g.randn(20),
      "randint(0,10,(4,))": (g) => g.randint(0, 10, 4),
      "randn(1)": (g) => g.randn(1),
      "randperm(6)": (g) => g.randperm(6)
    }
    for (const [seed, { calls, values }] of Object.entries(reference!.sequence)) {
      const generator = new TorchCpuGenerator(Number(seed))
      for (const [i, text] of calls.entries()) {
        const tolerance = text.startsWith("randn") ? normalTolerance : 0
        assertClose(call[text]!(generator), values[i]!, tolerance)
      }
    }
  })
})

describe("TorchCpuGenerator", () => {
  it("is MT19937: the 10,000th word after the seed 5489 is 4123659995 (ISO C++ [rand.predef])", () => {
    const words = new TorchCpuGenerator(5489).randint(0, 2 ** 32 - 1, 10_000)
    assert.strictEqual(words[9999], 4_123_659_995)
  })

  it("draws float64 uniforms from two words each, the upper word first", () => {
    const words = new TorchCpuGenerator(3).randint(0, 2 ** 32 - 1, 2)
    const [value] = new TorchCpuGenerator(3).randFloat64(1)
    assert.strictEqual(value, ((words[0]! % 2 ** 21) * 2 ** 32 + words[1]!) / 2 ** 53)
  })

  it("looks only at the lower 32 bits of a seed, as PyTorch does", () => {
    const draws = [7, 7 + 2 ** 32, 7 - 2 ** 32].map((seed) =>
      Array.from(new TorchCpuGenerator(seed).rand(4))
    )
    assert.deepStrictEqual(draws[1], draws[0])
    assert.deepStrictEqual(draws[2], draws[0])
  })

  it("refuses seeds and ranges that it cannot follow", () => {
    assert.throws(() => new TorchCpuGenerator(0.5), RangeError)
    assert.throws(() => new TorchCpuGenerator(0).randint(0, 2 ** 32, 1), RangeError)
    assert.throws(() => new TorchCpuGenerator(0).randint(3, 3, 1), RangeError)
  })
})

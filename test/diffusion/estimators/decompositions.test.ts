import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  component,
  recompose
} from "../../../src/diffusion/estimators/decompositions/decomposition.ts"
import type { DecompositionParams } from "../../../src/diffusion/estimators/decompositions/decomposition-params.ts"
import { makeDecomposition } from "../../../src/diffusion/estimators/decompositions/make-decomposition.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"

const sigma = fc.double({ min: 0.3, max: 4, noNaN: true })
const kernel = fc.constantFrom(1, 3, 5, 9)
const decomposition: fc.Arbitrary<DecompositionParams> = fc.oneof(
  fc.record({ kind: fc.constant("frequency-split" as const), kernel, sigma }),
  fc.record({
    kind: fc.constant("three-bands" as const),
    kernel,
    sigmas: fc.tuple(sigma, sigma)
  }),
  fc.record({ kind: fc.constant("grey-and-colour" as const) }),
  fc.record({ kind: fc.constant("motion-blur" as const), kernel }),
  fc.record({
    kind: fc.constant("scale" as const),
    share: fc.double({ min: 0.01, max: 0.99, noNaN: true })
  })
)

const shape: [number, number, number, number] = [2, 12, 10, 3]
const size = shape.reduce((product, dim) => product * dim)
const some = (offset: number) =>
  Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(12.9898 * (i + offset)))

describe("a decomposition", () => {
  it("sums to the identity, and is linear", () => {
    fc.assert(
      fc.property(decomposition, (params) => {
        const made = makeDecomposition(params)
        const [same, mixed, apart] = computeAll(() => {
          const [x, y] = [tf.tensor4d(some(0), shape), tf.tensor4d(some(1), shape)]
          const estimates = made.components.map(() => x)
          const sum = component(made, tf.add(x, tf.mul(y, 3)), 0)
          return [
            recompose(made, estimates),
            sum,
            tf.add(component(made, x, 0), tf.mul(component(made, y, 0), 3))
          ]
        }) as [Float32Array, Float32Array, Float32Array]
        const x = some(0)
        assert.isBelow(Math.max(...same.map((v, i) => Math.abs(v - x[i]!))), 2e-6)
        assert.isBelow(Math.max(...mixed.map((v, i) => Math.abs(v - apart[i]!))), 5e-6)
      }),
      { numRuns: 50 }
    )
  })

  it("takes of each estimate its own component", () => {
    const made = makeDecomposition({ kind: "frequency-split", kernel: 5, sigma: 2 })
    const [mixed, expected] = computeAll(() => {
      const [x, y] = [tf.tensor4d(some(0), shape), tf.tensor4d(some(1), shape)]
      return [recompose(made, [x, y]), tf.add(component(made, x, 0), component(made, y, 1))]
    })
    assert.deepStrictEqual(mixed, expected)
  })

  it("leaves no colour in the grey component, and no grey in the colour", () => {
    const made = makeDecomposition({ kind: "grey-and-colour" })
    const [grey, colour] = computeAll(() => {
      const x = tf.tensor4d(some(0), shape)
      return [component(made, x, 0), component(made, x, 1)]
    }) as [Float32Array, Float32Array]
    for (let pixel = 0; pixel < size; pixel += 3) {
      assert.strictEqual(grey[pixel], grey[pixel + 1])
      assert.approximately(colour[pixel]! + colour[pixel + 1]! + colour[pixel + 2]!, 0, 1e-6)
    }
  })
})

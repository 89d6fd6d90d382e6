import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { makeView, viewProblem } from "../../../src/diffusion/estimators/views/make-view.ts"
import type { ViewParams } from "../../../src/diffusion/estimators/views/view-params.ts"
import { inverseOf, orthogonal, see } from "../../../src/diffusion/estimators/views/view.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { anyView } from "./any-view.ts"
const side = fc.constantFrom(4, 8, 28)

const shown = (params: ViewParams, pixels: ReadonlyArray<number>, size: number) =>
  computeAll(() => [
    see(tf.tensor4d([...pixels], [1, size, size, 1]), makeView(params, size, size))
  ])[0]!

describe("a view", () => {
  it("is undone by its inverse, and keeps lengths and products: it is orthogonal", () => {
    fc.assert(
      fc.property(anyView, side, (params, size) => {
        const made = makeView(params, size, size)
        const a = Float32Array.from({ length: size * size }, (_, i) => Math.sin(7 * i + 1))
        const b = Float32Array.from({ length: size * size }, (_, i) => Math.cos(3 * i))
        const shape: [number, number, number, number] = [1, size, size, 1]
        const [back, seenA, seenB] = computeAll(() => {
          const [x, y] = [tf.tensor4d(a, shape), tf.tensor4d(b, shape)]
          return [see(see(x, made), inverseOf(made)), see(x, made), see(y, made)]
        }) as [Float32Array, Float32Array, Float32Array]
        assert.deepStrictEqual(back, a)
        const dot = (x: Float32Array, y: Float32Array) =>
          x.reduce((sum, v, i) => sum + v * y[i]!, 0)
        assert.approximately(dot(seenA, seenB), dot(a, b), 1e-4)
      }),
      { numRuns: 60 }
    )
  })

  it("shows what its name says", () => {
    const pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    const rows = (params: ViewParams) => [...shown(params, pixels, 4)]
    assert.deepStrictEqual(rows("flip-vertical").slice(0, 4), [13, 14, 15, 16])
    assert.deepStrictEqual(rows("flip-horizontal").slice(0, 4), [4, 3, 2, 1])
    assert.deepStrictEqual(rows("rotate-90").slice(0, 4), [13, 9, 5, 1])
    assert.deepStrictEqual(rows("rotate-180"), pixels.toReversed())
    assert.deepStrictEqual(rows("rotate-270").slice(0, 4), [4, 8, 12, 16])
    assert.deepStrictEqual(rows("negative").slice(0, 2), [-1, -2])
    // The inner disc of a side of 4 has radius 1: the four pixels in the middle, turned by half a turn.
    assert.deepStrictEqual(rows("inner-circle").slice(4, 12), [5, 11, 10, 8, 9, 7, 6, 12])
    assert.deepStrictEqual(rows({ kind: "skew", factor: 1 }).slice(0, 4), [9, 6, 3, 16])
  })

  it("swaps whole patches, and pieces of a jigsaw with round tabs", () => {
    const size = 16
    const pixels = Array.from({ length: size * size }, (_, i) => i)
    const patches = shown({ kind: "patches", size: 4, seed: 3 }, pixels, size)
    for (let row = 0; row < size; row += 4) {
      for (let column = 0; column < size; column += 4) {
        const first = patches[row * size + column]!
        assert.strictEqual(patches[(row + 3) * size + column + 3], first + 3 * size + 3)
      }
    }
    assert.notDeepEqual([...patches], pixels)
    const pieces = shown({ kind: "jigsaw", seed: 1 }, pixels, size)
    assert.notDeepEqual([...pieces], pixels)
    // A corner's first pixel comes from a corner.
    assert.include([0, 15, 240, 255], pieces[0])
  })

  it("is refused for images that it cannot be of", () => {
    assert.match(viewProblem("rotate-90", 4, 6)!, /square images, not of 6 x 4/)
    assert.match(viewProblem({ kind: "patches", size: 5, seed: 0 }, 28, 28)!, /patches of 5 pixels/)
    assert.match(viewProblem({ kind: "jigsaw", seed: 0 }, 30, 30)!, /multiple of 4, not 30/)
    assert.isUndefined(viewProblem("rotate-90", undefined, undefined))
  })

  it("is refused when it shows a pixel twice", () => {
    const sources = Int32Array.of(0, 0, 1, 2)
    assert.throws(() => orthogonal({ height: 2, width: 2, sources, sign: 1 }), /not orthogonal/)
  })
})

import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { makeView } from "../../src/diffusion/estimators/views/make-view.ts"
import { see } from "../../src/diffusion/estimators/views/view.ts"
import { computeAll } from "../../src/engine/tensors.ts"
import { tf } from "../../src/engine/tf.ts"
import { seeWithoutTensors } from "../../src/figures/gallery/see-without-tensors.ts"
import { turnOf } from "../../src/figures/gallery/turn.ts"
import { kindOf, viewWords } from "../../src/figures/gallery/view-words.ts"
import { quantise } from "../../src/values/quantise.ts"
import { anyView, plainViews } from "../diffusion/estimators/any-view.ts"

/** Where CSS takes the point (x, y), relative to the middle of the element; y points down. */
const css: { readonly [transform: string]: (x: number, y: number) => readonly [number, number] } = {
  none: (x, y) => [x, y],
  "rotateX(180deg)": (x, y) => [x, -y],
  "rotateY(180deg)": (x, y) => [-x, y],
  "rotate(90deg)": (x, y) => [-y, x],
  "rotate(180deg)": (x, y) => [-x, -y],
  "rotate(-90deg)": (x, y) => [y, -x]
}

describe("what a page shows through a view", () => {
  it("is what the view shows of tensors, to the bit", () => {
    fc.assert(
      fc.property(
        anyView,
        fc.constantFrom(4, 8, 28),
        fc.constantFrom(1, 3),
        (params, side, channels) => {
          const view = makeView(params, side, side)
          const shape = [side, side, channels] as const
          const data = Float32Array.from({ length: side * side * channels }, (_, i) =>
            Math.sin(7 * i + 1)
          )
          const [expected] = computeAll(() => [see(tf.tensor4d(data, [1, ...shape]), view)])
          const seen = seeWithoutTensors({ data, shape }, view)
          assert.deepStrictEqual(seen.data, expected as Float32Array)
          assert.deepStrictEqual(seen.shape, shape)
        }
      ),
      { numRuns: 60 }
    )
  })

  it("is of images of the view's size", () => {
    const view = makeView("flip-vertical", 2, 3)
    const square = { data: new Float32Array(4), shape: [2, 2, 1] as const }
    assert.throws(() => seeWithoutTensors(square, view), RangeError)
  })
})

describe("a turn", () => {
  it("moves each pixel to where the view shows it", () => {
    const side = 5
    const moved = plainViews.filter((kind) => typeof turnOf(kind, "[0,1]") === "object")
    assert.deepStrictEqual(
      moved,
      plainViews.filter((kind) => kind !== "negative" && kind !== "inner-circle")
    )
    for (const kind of moved) {
      const { sources } = makeView(kind, side, side)
      const turn = turnOf(kind, "[0,1]")
      if (turn === "fade" || !("transform" in turn)) throw new Error(`${kind} does not move`)
      const middle = (side - 1) / 2
      for (const [target, source] of sources.entries()) {
        const [x, y] = css[turn.transform]!(
          (source % side) - middle,
          Math.floor(source / side) - middle
        )
        assert.strictEqual((y + middle) * side + x + middle, target, kind)
      }
    }
  })

  it("inverts where that is the negative: within one level of 255", () => {
    assert.deepStrictEqual(turnOf("negative", "[-1,1]"), { filter: "invert(1)" })
    const values = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 900)
    const own = quantise(values, "[-1,1]")
    const negative = quantise(
      values.map((value) => -value),
      "[-1,1]"
    )
    for (const [index, level] of own.entries()) {
      assert.isAtMost(Math.abs(255 - level - negative[index]!), 1)
    }
    // In [0,1] the negative is below the range, which is black, and not inverted.
    assert.strictEqual(turnOf("negative", "[0,1]"), "fade")
  })

  it("fades where pixels are permuted, and every view has words", () => {
    const words = new Set<string>()
    const permuting = [
      { kind: "patches", size: 4, seed: 0 },
      { kind: "pixels", seed: 0 },
      { kind: "jigsaw", seed: 0 },
      { kind: "skew", factor: 1.5 }
    ] as const
    for (const view of [...plainViews, ...permuting]) words.add(viewWords(view))
    assert.strictEqual(words.size, plainViews.length + permuting.length)
    for (const view of [...permuting, "inner-circle"] as const) {
      assert.strictEqual(turnOf(kindOf(view), "[-1,1]"), "fade")
    }
  })
})

import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor } from "@tensorflow/tfjs"
import { assertSameOnBoth, library as tf, random } from "../../support/backends.ts"
import { assertSameForAll } from "./same-for-all.ts"

const complex = (shape: ReadonlyArray<number>, seed: number): Tensor =>
  tf.complex(random(shape, seed), random(shape, seed + 1))

describe("complex numbers", () => {
  it("are added, multiplied and measured", () => {
    assertSameOnBoth(() => {
      const [a, b] = [complex([2, 3], 1), complex([2, 3], 5)]
      return [
        a.add(b),
        a.sub(b),
        a.mul(b),
        tf.abs(complex([4], 1)),
        tf.abs(tf.complex([1e30, 1e-30, 0], [1e30, 0, 0])),
        tf.real(a),
        tf.imag(a),
        tf.zerosLike(a),
        tf.onesLike(a)
      ]
    })
  })

  it("keep their parts through changes of shape", () => {
    assertSameOnBoth(() => {
      // Each anew: tfjs's cpu kernel changes the shape of the original, too.
      const a = () => complex([2, 3], 1)
      return [
        a().reshape([3, 2]),
        a().expandDims(1),
        a().transpose(),
        a().clone(),
        tf.concat([a(), a().mul(a())], 1),
        a().cast("complex64"),
        a().cast("float32"),
        random([2], 1).cast("complex64")
      ]
    })
  })

  it("are broadcast and stacked, which tfjs's cpu kernels get wrong", () => {
    void tf.setBackend("onnx")
    tf.tidy(() => {
      const [a, b] = [tf.complex([[1], [2]], [[3], [4]]), tf.complex([5, 6], [7, 8])]
      assert.deepStrictEqual(Array.from(a.add(b).dataSync()), [6, 10, 7, 11, 7, 11, 8, 12])
      assert.deepStrictEqual(Array.from(tf.stack([b, b], 1).dataSync()), [5, 7, 5, 7, 6, 8, 6, 8])
    })
  })

  it("are transformed by Fourier and back", () => {
    const cases = fc.record({
      rest: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      length: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(99)
    })
    assertSameForAll(cases, ({ length, rest, seed }) => {
      const x = complex([...rest, length], seed)
      return [tf.fft(x), tf.ifft(x), tf.spectral.rfft(random([...rest, length], seed))]
    })
  })

  it("of one tensor live as long as each part is needed", () => {
    void tf.setBackend("onnx")
    const before = tf.engine().backend.numDataIds()
    const double = tf.tidy(() => random([3], 1).mul(2))
    const z = tf.complex(double, double)
    const part = tf.real(z)
    const values = Array.from(double.dataSync())
    double.dispose()
    assert.deepStrictEqual(Array.from(tf.tidy(() => tf.imag(z).dataSync())), values)
    z.dispose()
    assert.deepStrictEqual(Array.from(part.dataSync()), values)
    part.dispose()
    assert.strictEqual(tf.engine().backend.numDataIds(), before)
  })

  it("are refused by kernels that do not know them", () => {
    void tf.setBackend("onnx")
    tf.tidy(() =>
      assert.throws(() => tf.reverse(complex([2], 1)), /Reverse does not work on complex numbers/)
    )
  })
})

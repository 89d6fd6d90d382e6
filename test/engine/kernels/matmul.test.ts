/** Matrix products and Einstein sums, against tfjs's cpu kernels. */
import type { Tensor } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { backendName } from "#src/engine/backend/register.ts"
import { assertSameOnBoth, library as tf, random, runOn } from "../../support/backends.ts"
import { assertSameForAll } from "./same-for-all.ts"

const seed = fc.nat(1000)

/** Of which all have the batch axes of at least one operand: tfjs's cpu kernel mixes up batches that both stretch. */
const products = (dims: ReadonlyArray<number>) => {
  const dim = fc.constantFrom(...dims)
  return fc
    .record({
      m: dim,
      k: dim,
      n: dim,
      batch: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 }),
      stretched: fc.constantFrom("a", "b", "neither"),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
      seed
    })
    .map(({ batch, k, m, n, stretched, transposeA, transposeB, seed }) => {
      const batchOf = (operand: string) => (stretched === operand ? batch.map(() => 1) : batch)
      return {
        a: [...batchOf("a"), ...(transposeA ? [k, m] : [m, k])],
        b: [...batchOf("b"), ...(transposeB ? [n, k] : [k, n])],
        transposeA,
        transposeB,
        seed
      }
    })
}

describe("matMul", () => {
  it("of all shapes, stored either way, empty ones, too", () => {
    assertSameForAll(products([0, 1, 2, 3, 5, 17, 64]), ({ a, b, seed, transposeA, transposeB }) =>
      tf.matMul(random(a, seed), random(b, seed + 1), transposeA, transposeB)
    )
  })

  it("of long sums", () => {
    assertSameForAll(products([1, 2, 17, 130]), ({ a, b, seed, transposeA, transposeB }) =>
      tf.matMul(random(a, seed), random(b, seed + 1), transposeA, transposeB)
    )
  })

  it("has tfjs's gradients", () => {
    const pairs = products([1, 2, 3, 5]).filter(
      ({ a, b }) => a.slice(0, -2).join() === b.slice(0, -2).join()
    )
    assertSameForAll(pairs, ({ a, b, seed, transposeA, transposeB }) =>
      tf.grads((x, y) => tf.matMul(x, y, transposeA, transposeB).square().sum())([
        random(a, seed),
        random(b, seed + 1)
      ])
    )
  })

  it("of int32 is exact", () => {
    assertSameForAll(products([0, 1, 2, 5]), ({ a, b, seed, transposeA, transposeB }) => {
      const whole = (shape: ReadonlyArray<number>, seed: number) =>
        random(shape, seed).mul(5000).round().toInt()
      return tf.matMul(whole(a, seed), whole(b, seed + 1), transposeA, transposeB)
    })
  })

  it("stretches the batches of both operands", () => {
    const [product, expected] = runOn(backendName, () => {
      const [a, b] = [random([2, 1, 3, 4], 1), random([1, 5, 4, 2], 2)]
      const sums = a
        .reshape([2, 1, 3, 4, 1])
        .mul(b.reshape([1, 5, 1, 4, 2]))
        .sum(3)
      return [tf.matMul(a, b), sums]
    })
    assert.deepStrictEqual(product!.shape, [2, 5, 3, 2])
    for (const [index, value] of expected!.values.entries()) {
      assert.closeTo(product!.values[index]!, value, 1e-6)
    }
  })

  it("passes NaN and infinities on", () => {
    assertSameOnBoth(() =>
      tf.matMul(
        [
          [1, NaN],
          [Infinity, 2]
        ],
        [
          [1, 0],
          [2, 0]
        ]
      )
    )
  })

  it("refuses inner dimensions that differ, when it is called", () => {
    void tf.setBackend(backendName)
    tf.tidy(() =>
      assert.throws(
        () => tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 2])),
        /inner shapes \(3\) and \(4\)/
      )
    )
  })
})

describe("a product with bias and activation", () => {
  it.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const)(
    "%s",
    (activation) => {
      assertSameForAll(products([1, 2, 5, 33]), ({ a, b, seed, transposeA, transposeB }) => {
        const n = b.at(transposeB ? -2 : -1)!
        // The op joins the batch axes, and a bias that is stretched over them has no gradient in tfjs.
        return tf.fused.matMul({
          a: random(a.slice(-2), seed),
          b: random(b.slice(-2), seed + 1),
          transposeA,
          transposeB,
          bias: random([n], seed + 2),
          activation,
          ...(activation === "prelu" ? { preluActivationWeights: random([1, n], seed + 3) } : {}),
          ...(activation === "leakyrelu" ? { leakyreluAlpha: 0.3 } : {})
        })
      })
    }
  )

  it("refuses an activation that tfjs does not know", () => {
    void tf.setBackend(backendName)
    tf.tidy(() => {
      const a = tf.zeros([2, 2])
      assert.throws(
        () => tf.engine().runKernel("_FusedMatMul", { a, b: a }, { activation: "swish" }),
        /swish is not known/
      )
      assert.throws(
        () => tf.engine().runKernel("_FusedMatMul", { a, b: a }, { activation: "prelu" }),
        /needs preluActivationWeights/
      )
    })
  })
})

describe("einsum", () => {
  const sizes: Readonly<Record<string, number>> = { b: 2, c: 3, h: 4, i: 3, j: 5, k: 2, q: 6 }
  const tensorOf = (letters: string, seed: number): Tensor =>
    random(
      letters.split("").map((letter) => sizes[letter]!),
      seed
    )

  it("gives tfjs's values", () => {
    assertSameOnBoth(() =>
      [
        "ij->ji",
        "ij->",
        "ijk->ki",
        "i->i",
        "ij,jk->ik",
        "ij,jk->ki",
        "ij,ij->ij",
        "ij,ij->",
        "ij,ij->i",
        "i,j->ji",
        "i,i->",
        "bij,bjk->bik",
        "bhij,bhqj->bhiq",
        "bhiq,bqhc->bihc",
        "bij,jk->bik",
        "ij,bjk->bik",
        "bic,bjc->ijb",
        "bcij,c->bij",
        " ij , jk -> ik "
      ].map((equation, index) => {
        const terms = equation.replaceAll(" ", "").split("->")[0]!.split(",")
        return tf.einsum(
          equation,
          ...terms.map((letters, at) => tensorOf(letters, 10 * index + at))
        )
      })
    )
  })

  it("sums over letters that one term has alone", () => {
    // tfjs's cpu kernel gives results of the wrong shape here.
    const [made, expected] = runOn(backendName, () => {
      const [a, b] = [tensorOf("ij", 1), tensorOf("kq", 2)]
      return [tf.einsum("ij,kq->i", a, b), a.sum(1).mul(b.sum())]
    })
    assert.deepStrictEqual(made!.shape, [3])
    for (const [index, value] of expected!.values.entries()) {
      assert.closeTo(made!.values[index]!, value, 1e-5)
    }
    const [total] = runOn(backendName, () => {
      const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2])
      return tf.einsum("ij,j->", matrix, tf.tensor1d([10, 100]))
    })
    assert.deepStrictEqual(total, { shape: [], dtype: "float32", values: [640] })
  })

  it("of scalars, of int32 and of nothing", () => {
    assertSameOnBoth(() => {
      const whole = tf.tensor2d(
        [
          [1, 2],
          [3, 4]
        ],
        [2, 2],
        "int32"
      )
      return [
        tf.einsum("ij,jk->ik", whole, whole),
        tf.einsum(",i->i", tf.scalar(3), tf.tensor([1, 2])),
        tf.einsum("ij,jk->ik", tf.zeros([2, 0]), tf.zeros([0, 3]))
      ]
    })
  })

  it("refuses what tfjs refuses", () => {
    void tf.setBackend(backendName)
    tf.tidy(() => {
      const x = tf.zeros([2, 3])
      assert.throws(() => tf.einsum("ij,jk->ik", x, x), /Expected dimension/)
      assert.throws(() => tf.einsum("ij,jk", x, x), /Equations without an arrow/)
    })
  })
})

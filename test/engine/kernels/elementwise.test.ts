/** Kernels that work element by element, against tfjs's cpu kernels, with all kinds of numbers. */
import type { Tensor } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import { backendName } from "#src/engine/backend/register.ts"
import { assertSameOnBoth, library as tf, random, runOn } from "../../support/backends.ts"

type Unary = (x: Tensor) => Tensor
type Binary = (a: Tensor, b: Tensor) => Tensor
type Named<Op> = Readonly<Record<string, Op>>

/** Zeros of both signs, halves (rounding), infinities, and more than one vector register's worth of elements. */
const special = [
  0,
  -0,
  0.5,
  -0.5,
  1,
  -1,
  1.5,
  2.5,
  -2.5,
  1e-7,
  -1e-4,
  0.3,
  7.25,
  -7.25,
  30,
  -30,
  90,
  -90,
  3e9,
  -3e9,
  Infinity,
  -Infinity,
  NaN
]
const floats = (): Tensor => tf.tensor(special)
const integers = (): Tensor => tf.tensor1d([0, 1, -1, 7, -7, 12, 100, -100, 70_000], "int32")
const truths = (): Tensor => tf.tensor1d([true, false, true], "bool")

/**
 * Runs all of `ops` at once on both backends and compares each element with a tolerance of its own magnitude (at least 1):
 * beside a 3e9 a tolerance for the whole tensor would let everything pass.
 */
const assertEachClose = <Op>(ops: Named<Op>, apply: (op: Op) => Tensor, tolerance = 2e-6): void => {
  const names = Object.keys(ops)
  const body = () => names.map((name) => apply(ops[name]!))
  const expected = runOn("cpu", body)
  const actual = runOn(backendName, body)
  for (const [at, name] of names.entries()) {
    const [want, got] = [expected[at]!, actual[at]!]
    assert.strictEqual(got.dtype, want.dtype, name)
    assert.deepStrictEqual(got.shape, want.shape, name)
    for (const [index, value] of want.values.entries()) {
      const other = got.values[index]!
      const same = Object.is(value, other) || value === other
      const limit = tolerance * Math.max(1, Math.abs(value))
      if (!same && !(Math.abs(value - other) <= limit)) {
        assert.fail(`${name}, element ${index}: cpu ${value}, onnx ${other}`)
      }
    }
  }
}

const periodic: Named<Unary> = { sin: tf.sin, cos: tf.cos, tan: tf.tan }
const forAllTypes: Named<Unary> = {
  abs: tf.abs,
  atan: tf.atan,
  exp: tf.exp,
  isFinite: tf.isFinite,
  isInf: tf.isInf,
  isNaN: tf.isNaN,
  neg: tf.neg,
  relu: tf.relu,
  relu6: tf.relu6,
  round: tf.round,
  sign: tf.sign,
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  step: (x) => tf.step(x),
  "step with a slope": (x) => tf.step(x, 0.25),
  clip: (x) => tf.clipByValue(x, -2.5, 1.25),
  "clip from above": (x) => tf.clipByValue(x, -Infinity, 1.25),
  "clip from below": (x) => tf.clipByValue(x, 1.25, Infinity)
}
const forFloats: Named<Unary> = {
  ...forAllTypes,
  acos: tf.acos,
  acosh: tf.acosh,
  asin: tf.asin,
  asinh: tf.asinh,
  atanh: tf.atanh,
  ceil: tf.ceil,
  cosh: tf.cosh,
  elu: tf.elu,
  erf: tf.erf,
  expm1: tf.expm1,
  floor: tf.floor,
  log: tf.log,
  log1p: tf.log1p,
  reciprocal: tf.reciprocal,
  rsqrt: tf.rsqrt,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sinh: tf.sinh,
  softplus: tf.softplus,
  sqrt: tf.sqrt,
  square: tf.square,
  tanh: tf.tanh
}

describe("unary kernels", () => {
  it("of special numbers", () => {
    assertEachClose(forFloats, (op) => op(floats()))
    // Of a large angle float32 keeps too few digits.
    const angles = special.filter((value) => !(Math.abs(value) > 100) || value === Infinity)
    assertEachClose(periodic, (op) => op(tf.tensor(angles)))
  })

  it("of no numbers", () => {
    assertEachClose({ ...forFloats, ...periodic }, (op) => op(tf.tensor([], [0, 3])))
  })

  it("of a single number", () => {
    assertEachClose({ ...forFloats, ...periodic }, (op) => op(tf.scalar(0.75)))
  })

  it("of int32", () => {
    assertEachClose(forAllTypes, (op) => op(tf.tensor1d([0, 1, -1, 7, -7, 12, 15, -100], "int32")))
    assertSameOnBoth(() => tf.square(tf.tensor1d([0, 3, -46_000], "int32")))
  })

  it("keep the digits near 0 that the formula would lose", () => {
    const x = [1e-7, -1e-7, 3e-5, -0.01, 0.2, -0.49].map(Math.fround)
    const [expm1, log1p] = runOn(backendName, () => [tf.expm1(x), tf.log1p(x)])
    for (const [index, value] of x.entries()) {
      assert.closeTo(expm1!.values[index]! / Math.expm1(value), 1, 4e-7)
      assert.closeTo(log1p!.values[index]! / Math.log1p(value), 1, 4e-7)
    }
  })

  it("refuse a slope that is not finite", () => {
    void tf.setBackend(backendName)
    tf.tidy(() => {
      const x = tf.tensor([1])
      assert.throws(() => tf.leakyRelu(x, NaN), /LeakyRelu: alpha must be a finite number/)
      assert.throws(() => tf.step(x, Infinity), /Step: alpha must be a finite number/)
    })
  })

  it("have tfjs's gradients", () => {
    const smooth = Object.fromEntries(
      Object.entries({ ...forFloats, ...periodic }).filter(([name]) => !name.startsWith("is"))
    )
    // Between the kinks, and in the domain of all functions but acosh.
    assertEachClose(smooth, (op) => tf.grad((x) => op(x))(tf.tensor([0.1, 0.35, 0.77])), 2e-5)
    assertEachClose({ acosh: tf.acosh }, (op) => tf.grad((x) => op(x))(tf.tensor([1.5, 4])))
  })
})

const arithmetic: Named<Binary> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  div: tf.div,
  mod: tf.mod,
  floorDiv: tf.floorDiv
}
const comparisons: Named<Binary> = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual
}

describe("binary kernels", () => {
  const column = () => floats().reshape([-1, 1])

  it("of all pairs of special numbers", () => {
    const ops = {
      ...arithmetic,
      ...comparisons,
      atan2: tf.atan2 as Binary,
      prelu: tf.prelu as Binary
    }
    assertEachClose(ops, (op) => op(column(), floats()))
  })

  it("powers of special numbers", () => {
    // To the power of what is not finite, 1 is 1 by IEEE 754 and NaN in JavaScript.
    assertEachClose({ pow: tf.pow }, (op) => op(column(), tf.tensor([0, 1, 2, -1, 0.5, 3, -2])))
  })

  it("of int32", () => {
    const { mul, squaredDifference, ...exact } = arithmetic
    assertEachClose(
      { ...exact, ...comparisons, atan2: tf.atan2 },
      (op) => op(integers().reshape([-1, 1]), integers()),
      0
    )
    const small = () => tf.tensor1d([3, -200, 0, 46_000], "int32")
    assertEachClose({ mul: mul!, squaredDifference: squaredDifference! }, (op) =>
      op(small(), tf.tensor1d([7, 1, 5, -3], "int32"))
    )
    assertEachClose({ pow: tf.pow }, (op) =>
      op(
        tf.tensor2d([[-3], [0], [1], [2], [11]], [5, 1], "int32"),
        tf.tensor1d([0, 1, 2, 7], "int32")
      )
    )
  })

  it("remainders have the sign of the divisor", () => {
    assertSameOnBoth(
      () => tf.mod(tf.tensor([-7, 7, -7, 7, -1e-10, 5.5]), tf.tensor([3, -3, -3, 3, 3, -0.4])),
      0
    )
  })

  it("angles tell the zeros apart", () => {
    const [angles] = runOn(backendName, () =>
      tf.atan2(tf.tensor([0, -0, 0, -0]), tf.tensor([0, 0, -0, -0]))
    )
    const halfTurn = Math.fround(Math.PI)
    assert.deepStrictEqual(
      angles!.values.map((value) => value + 0),
      [0, 0, halfTurn, -halfTurn]
    )
  })

  it("adds many tensors", () => {
    assertSameOnBoth(() => [
      tf.addN([random([3, 4], 1), random([3, 4], 2), random([3, 4], 3)]),
      tf.addN([integers(), integers()]),
      tf.addN([random([3], 1)])
    ])
  })

  it("combines the bits of int32 only", () => {
    const masks = () => tf.tensor1d([3, 5, 7, 7, 7, 8, 64, 255, 65_535], "int32")
    assertSameOnBoth(() => tf.bitwiseAnd(integers(), masks()))
    void tf.setBackend(backendName)
    tf.tidy(() => {
      const x = tf.tensor([1])
      assert.throws(() => tf.engine().runKernel("BitwiseAnd", { a: x, b: x }), /needs int32/)
    })
  })

  it("refuse shapes that do not fit, when they are called", () => {
    void tf.setBackend(backendName)
    tf.tidy(() => assert.throws(() => tf.add(tf.zeros([2, 3]), tf.zeros([2, 4])), /broadcast/))
  })
})

describe("logical kernels", () => {
  it("combine truths, with broadcasting", () => {
    assertSameOnBoth(() => {
      const [a, b] = [truths().reshape([3, 1]), truths()]
      return [
        tf.logicalAnd(a, b),
        tf.logicalOr(a, b),
        tf.logicalXor(a, b),
        tf.logicalNot(b),
        tf.equal(a, b),
        tf.less(a, b),
        tf.greaterEqual(a, b),
        tf.notEqual(a, b)
      ]
    }, 0)
  })

  it("compare an int32 with a float exactly", () => {
    // As float32, 16777217 would be 16777216.
    const [result] = runOn(backendName, () => {
      const a = tf.tensor1d([16_777_217], "int32")
      const b = tf.tensor1d([16_777_216])
      return tf.engine().runKernel("Greater", { a, b }) as Tensor
    })
    assert.deepStrictEqual(result!.values, [1])
  })

  it("choose values of all types", () => {
    assertSameOnBoth(
      () => [
        tf.where(truths(), tf.tensor([1, NaN, 3]), tf.tensor([NaN, 5, 6])),
        tf.where(truths(), tf.scalar(2), random([4, 3], 1)),
        tf.where(truths(), tf.tensor1d([1, 2, 3], "int32"), tf.tensor1d([4, 5, 6], "int32")),
        tf.where(truths(), truths(), tf.logicalNot(truths())),
        tf.where(tf.tensor([], [0, 2], "bool"), tf.zeros([0, 2]), tf.ones([0, 2]))
      ],
      0
    )
  })

  it("choose rows by a vector", () => {
    const [rows] = runOn(backendName, () => {
      const [t, e] = [tf.ones([3, 2]), tf.zeros([3, 2])]
      return tf.engine().runKernel("Select", { condition: truths(), t, e }) as Tensor
    })
    assert.deepStrictEqual(rows!.values, [1, 1, 0, 0, 1, 1])
  })

  it("pass a gradient to what was chosen", () => {
    assertSameOnBoth(() =>
      tf.grads((a, b) => tf.where(truths(), a.square(), b.exp()).sum())([
        random([3], 1),
        random([3], 2)
      ])
    )
  })
})

describe("casts", () => {
  const dtypes = ["float32", "int32", "bool"] as const
  const values = [0, 1, -1, 2.7, -2.7, 0.3, NaN, Infinity, -Infinity, 3e9, -3e9, 16_777_217]
  const { fill: filled } = tf
  const ofType = { float32: () => tf.tensor1d(values), int32: integers, bool: truths }

  it.each(dtypes)("from %s", (from) => {
    assertSameOnBoth(
      () =>
        dtypes.flatMap((to) => [
          tf.cast(ofType[from](), to),
          tf.cast(filled([2, 3], from === "float32" ? 2.7 : 1, from), to)
        ]),
      0
    )
  })
})

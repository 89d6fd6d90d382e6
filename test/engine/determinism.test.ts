/** The same bits at any number of threads: of single kernels over many sizes, among them those where threads get little. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { programOf } from "#src/engine/graph/program.ts"
import { Recorder } from "#src/engine/graph/recorder.ts"
import { type Attrs, type Shape, Value, sizeOf } from "#src/engine/graph/value.ts"
import { primitive } from "#src/engine/kernels/table.ts"
import { type Target } from "#src/engine/lowering/target.ts"
import { type SessionOptions } from "#src/engine/onnx/session.ts"
import { compileProgram } from "#src/engine/program/executable.ts"
import { sessionOptions } from "#src/engine/program/session-options.ts"
import { nchwcBlockSize } from "#src/engine/provider/block-size.ts"
import { numbers } from "../support/backends.ts"

const threadCounts = [1, 2, 3, 4] as const
const target: Target = { provider: "cpu", block: nchwcBlockSize(), float16: false }
const recorder = new Recorder((op) => primitive(op).infer)

/** Threads that wait without spinning: more of them than there are cores would keep each other from working. */
const patient = (options: SessionOptions): SessionOptions => ({
  ...options,
  extra: {
    session: { ...(options.extra?.["session"] as object), "intra_op.allow_spinning": "0" }
  }
})

interface Call {
  readonly op: string
  readonly shapes: ReadonlyArray<Shape>
  readonly attrs: Attrs
}

/** The bytes of the first result of each of `calls`, run as one program by each number of threads. */
const bytesOf = (calls: ReadonlyArray<Call>): ReadonlyArray<ReadonlyArray<Uint8Array>> => {
  const results = calls.map(({ attrs, op, shapes }) => {
    const leaves = shapes.map((shape, index) => {
      const array = numbers(sizeOf(shape), index + 1)
      return Value.resident({ shape, dtype: "float32" }, { at: "host", array })
    })
    return recorder.one(op, leaves, attrs)
  })
  const program = programOf(results)
  return threadCounts.map((threads) => {
    const executable = compileProgram(program, {
      recorder,
      primitive,
      stages: [],
      target,
      // Whatever the work: small programs use all threads, too.
      sessionOptions: (folder, runs) =>
        patient(sessionOptions(target, threads, folder, runs, Infinity))
    })
    try {
      return executable.run(program.leaves).map((data) => {
        assert(data.at === "host")
        // All NaN are one: the sign of one says nothing.
        const array = Float32Array.from(data.array, (value) => (Number.isNaN(value) ? NaN : value))
        return new Uint8Array(array.buffer)
      })
    } finally {
      executable.dispose()
    }
  })
}

const assertSameBytes = (calls: ReadonlyArray<Call>): void => {
  const [one, ...more] = bytesOf(calls)
  for (const [index, others] of more.entries()) {
    for (const [at, bytes] of others.entries()) {
      if (Buffer.compare(one![at]!, bytes) === 0) continue
      assert.fail(
        `${JSON.stringify(calls[at])}: other bits with ${threadCounts[index + 1]} threads`
      )
    }
  }
}

/** Twenty calls at a time share a session for each number of threads. */
const assertSameBytesForAll = (calls: fc.Arbitrary<Call>, programs: number): void =>
  fc.assert(fc.property(fc.array(calls, { minLength: 20, maxLength: 20 }), assertSameBytes), {
    numRuns: programs,
    endOnFailure: true
  })

/** Small sizes, sizes around those at which MLAS changes its ways, and large ones. */
const extent = fc.constantFrom(1, 2, 3, 4, 5, 7, 16, 17, 33, 64, 65, 100, 128, 200, 257, 700, 2100)
const inner = fc.constantFrom(1, 7, 64, 127, 128, 129, 130, 257, 600, 1024, 2050, 5000, 20_000)

const products = fc
  .record({
    m: extent,
    n: extent,
    k: inner,
    batch: fc.constantFrom<Shape>([], [], [1], [2], [3], [9]),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    sharesB: fc.boolean()
  })
  .filter(({ batch, k, m, n }) => {
    const count = sizeOf(batch)
    return count * m * n * k < 3e7 && count * (m + n) * k < 1e6
  })
  .map(({ batch, k, m, n, sharesB, transposeA, transposeB }): Call => {
    const a = [...batch, ...(transposeA ? [k, m] : [m, k])]
    const b = [...(sharesB ? [] : batch), ...(transposeB ? [n, k] : [k, n])]
    return { op: "BatchMatMul", shapes: [a, b], attrs: { transposeA, transposeB } }
  })

const reductions = fc
  .record({
    op: fc.constantFrom("Sum", "Sum", "Prod", "Max", "Min"),
    shape: fc.array(fc.constantFrom(1, 2, 3, 5, 16, 33, 100, 257, 1000), {
      minLength: 1,
      maxLength: 5
    }),
    chosen: fc.nat()
  })
  .filter(({ shape }) => sizeOf(shape) < 3e5)
  .map(({ chosen, op, shape }): Call => {
    const axis = shape.flatMap((_, index) => ((chosen >> index) & 1 ? [index] : []))
    const axes = op === "Max" ? { reductionIndices: axis } : { axis }
    return { op, shapes: [shape], attrs: { ...axes, keepDims: false } }
  })

/** Of one image and of two, of channels in whole blocks and not, by their three kernels. */
const convolutions = fc
  .record({
    op: fc.constantFrom("Conv", "ConvInputGradient", "ConvFilterGradient"),
    n: fc.constantFrom(1, 1, 2, 8),
    size: fc.constantFrom(2, 5, 7, 14, 28),
    inputs: fc.constantFrom(1, 3, 16, 20, 64, 256),
    outputs: fc.constantFrom(1, 5, 16, 24, 64, 200),
    kernel: fc.constantFrom(1, 3, 4),
    stride: fc.constantFrom(1, 2)
  })
  .filter(({ inputs, kernel, n, outputs, size }) => {
    return size + 2 >= kernel && n * size ** 2 * inputs * outputs * kernel ** 2 < 3e7
  })
  .map(({ inputs, kernel, n, op, outputs, size, stride }): Call => {
    const out = Math.floor((size + 2 - kernel) / stride) + 1
    const [x, y] = [
      [n, size, size, inputs],
      [n, out, out, outputs]
    ]
    const filter = [kernel, kernel, inputs, outputs]
    const shapes = { Conv: [x, filter], ConvInputGradient: [y, filter], ConvFilterGradient: [x, y] }
    const attrs = {
      strides: [stride, stride],
      dilations: [1, 1],
      pads: [1, 1, 1, 1],
      groups: 1,
      inputShape: x,
      filterShape: filter
    }
    return { op, shapes: shapes[op], attrs }
  })

describe("the bits of a result do not depend on the number of threads", () => {
  it("products", () => assertSameBytesForAll(products, 8))

  it("products that had other bits, computed by MatMul or FusedMatMul as they stand", () => {
    const straight = { transposeA: false, transposeB: false }
    const calls: ReadonlyArray<readonly [Shape, Shape, Attrs]> = [
      [[129, 600], [600, 1], straight],
      [[2100, 64], [64, 1], straight],
      [[9, 129, 256], [256, 1], straight],
      [[256, 1], [700, 256], { transposeA: true, transposeB: true }],
      [[3, 50_000], [50_000, 2], straight],
      [[100, 5000], [128, 5000], { transposeA: false, transposeB: true }]
    ]
    assertSameBytes(calls.map(([a, b, attrs]) => ({ op: "BatchMatMul", shapes: [a, b], attrs })))
  })

  it("convolutions and their gradients", () => assertSameBytesForAll(convolutions, 8))

  it("reductions", () => assertSameBytesForAll(reductions, 8))

  it("sums that had other bits, computed by ReduceSum as they stand", () => {
    const calls: ReadonlyArray<readonly [Shape, ReadonlyArray<number>]> = [
      [
        [5, 2, 2],
        [0, 2]
      ],
      [[2, 300, 40], [1]],
      [
        [3, 7, 9, 16],
        [1, 2]
      ]
    ]
    assertSameBytes(calls.map(([shape, axis]) => ({ op: "Sum", shapes: [shape], attrs: { axis } })))
  })

  it("kernels of other families", () => {
    const elementwise = (
      "Exp Erf Tanh Sigmoid Sin Cos Tan Asin Atan Sinh Cosh Asinh Atanh Expm1 Sqrt Rsqrt " +
      // With another formula for elements that do not fill a vector register, if left to ONNX Runtime:
      "Log Log1p Softplus Elu Selu"
    ).split(" ")
    assertSameBytes([
      ...elementwise.map((op): Call => ({ op, shapes: [[40_003]], attrs: {} })),
      { op: "Pow", shapes: [[40_003], []], attrs: {} },
      { op: "Softmax", shapes: [[1000, 257]], attrs: { dim: 1 } },
      { op: "Softmax", shapes: [[3, 70_000]], attrs: { dim: 1 } },
      { op: "Cumsum", shapes: [[300, 1000]], attrs: { axis: 1 } },
      { op: "Cumprod", shapes: [[1000, 30]], attrs: { axis: 0 } },
      { op: "ChannelWindowSum", shapes: [[64, 9, 9, 48]], attrs: { radius: 5 } },
      { op: "Bincount", shapes: [[100_000], [100_000]], attrs: { size: 7 } }
    ])
  })
})

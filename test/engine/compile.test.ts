import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import type { Scalar, Tensor, Tensor1D, Variable } from "@tensorflow/tfjs"
import { compile } from "#src/engine/compile.ts"
import { library as tf, random } from "../support/backends.ts"

const values = (tensor: Tensor): ReadonlyArray<number> => [...tensor.dataSync()]
const vector = (...numbers: ReadonlyArray<number>): Tensor1D => tf.tensor1d([...numbers])

/** Everything that a test makes, variables too, is freed after it. */
let held = { tensors: 0, dataIds: 0 }
beforeEach(() => {
  void tf.setBackend("onnx")
  held = { tensors: tf.memory().numTensors, dataIds: tf.backend().numDataIds() }
  tf.engine().startScope()
})
afterEach(() => {
  tf.disposeVariables()
  tf.engine().endScope()
  void tf.setBackend("onnx")
  assert.deepStrictEqual(
    { tensors: tf.memory().numTensors, dataIds: tf.backend().numDataIds() },
    held
  )
})

/** A function, with a count of how often its body ran. */
const counted = <F extends (...args: Array<never>) => unknown>(fn: F) => vi.fn(fn)

describe.each(["onnx", "cpu"])("a compiled function on the backend %s", (backend) => {
  beforeEach(() => {
    void tf.setBackend(backend)
  })

  it("takes and returns tensors in arrays and records, and plain values", () => {
    const f = compile(
      (input: { readonly pair: ReadonlyArray<Tensor>; readonly by: number }, name: string) => ({
        sums: [tf.add(input.pair[0]!, input.by), { inner: tf.mul(input.pair[1]!, 2) }],
        name: `${name}!`,
        nothing: null,
        truth: true,
        missing: undefined
      })
    )
    for (let call = 0; call < 2; call++) {
      const { missing, name, nothing, sums, truth } = f(
        { pair: [vector(1, 2), vector(3)], by: 10 },
        "a"
      )
      assert.deepStrictEqual([name, nothing, truth, missing], ["a!", null, true, undefined])
      const [first, { inner }] = sums as [Tensor, { inner: Tensor }]
      assert.deepStrictEqual([values(first), values(inner)], [[11, 12], [6]])
    }
  })

  it("takes each plain value and each shape for what it is", () => {
    const f = compile((x: Tensor, power: number, flag: boolean) =>
      flag ? tf.pow(x, power) : tf.neg(x)
    )
    const x = vector(2, 3)
    assert.deepStrictEqual(values(f(x, 2, true)), [4, 9])
    assert.deepStrictEqual(values(f(x, 3, true)), [8, 27])
    assert.deepStrictEqual(values(f(x, 3, false)), [-2, -3])
    assert.deepStrictEqual(values(f(vector(5), 2, true)), [25])
    assert.deepStrictEqual(values(f(x, 2, true)), [4, 9])
    const reciprocal = compile((sign: number) => tf.div(1, tf.scalar(sign)))
    assert.deepStrictEqual(
      [...values(reciprocal(0)), ...values(reciprocal(-0))],
      [Infinity, -Infinity]
    )
  })

  it("reads and assigns variables", () => {
    const [sum, count] = [tf.variable(vector(1, 2)), tf.variable(tf.scalar(0))]
    const f = compile((x: Tensor) => {
      sum.assign(tf.add(sum, x))
      count.assign(tf.add(count, 1))
      return tf.div(sum, count)
    })
    const means = [1, 2, 3].map((value) => values(f(vector(value, 0))))
    assert.deepStrictEqual(means, [[2, 2], [2, 1], [7 / 3, 2 / 3].map(Math.fround)])
    assert.deepStrictEqual([values(sum), values(count)], [[7, 2], [3]])
    sum.assign(vector(0, 0))
    assert.deepStrictEqual(values(f(vector(4, 8))), [1, 2])
  })

  it("takes variables apart that began with the same tensor, or with a number that is common", () => {
    const w = vector(1, 2)
    const [a, b, one] = [tf.variable(w), tf.variable(w), tf.variable(tf.scalar(1))]
    const f = compile((x: Tensor) => {
      const y = tf.mul(one, tf.add(tf.mul(x, a), tf.mul(b, 100)))
      a.assign(tf.add(a, 1))
      return tf.add(y, w)
    })
    assert.deepStrictEqual(values(f(vector(1, 1))), [102, 204])
    assert.deepStrictEqual(values(f(vector(1, 1))), [103, 205])
    one.assign(tf.scalar(2))
    assert.deepStrictEqual(values(f(vector(1, 1))), [207, 410])
  })

  it("exchanges variables", () => {
    const [a, b] = [tf.variable(vector(1)), tf.variable(vector(2))]
    const f = compile(() => {
      const before = a.clone()
      a.assign(b as Tensor as Tensor1D)
      b.assign(before)
    })
    f()
    assert.deepStrictEqual([values(a), values(b)], [[2], [1]])
    f()
    assert.deepStrictEqual([values(a), values(b)], [[1], [2]])
  })

  it("returns what it was given, and the same tensor twice, as tensors of their own", () => {
    const v = tf.variable(vector(5))
    const outside = vector(7)
    const f = compile((x: Tensor) => {
      const y = tf.mul(x, 2)
      return [x, x, y, y, v, outside]
    })
    const x = vector(3)
    for (let call = 0; call < 2; call++) {
      const results = f(x) as ReadonlyArray<Tensor>
      assert.deepStrictEqual(
        results.map((result) => values(result)[0]),
        [3, 3, 6, 6, 5, 7]
      )
      assert.strictEqual(new Set([...results, x, v, outside]).size, 9)
      tf.dispose([...results])
      assert.deepStrictEqual([values(x), values(v), values(outside)], [[3], [5], [7]])
    }
  })

  it("leaves what it returns to its caller, in a scope and out of it", () => {
    const f = compile((x: Tensor) => tf.exp(tf.neg(x)))
    const x = vector(0)
    const before = tf.memory().numTensors
    tf.tidy(() => {
      f(x)
      f(x)
    })
    assert.strictEqual(tf.memory().numTensors, before)
    const kept = tf.tidy(() => f(x))
    assert.deepStrictEqual(values(kept), [1])
    const [first, second] = [f(x), f(x)]
    assert.strictEqual(tf.memory().numTensors, before + 3)
    first.dispose()
    assert.deepStrictEqual(values(second), [1])
  })

  it("refuses asynchronous functions, and what is no container", () => {
    const f = compile((async (x: Tensor) => tf.neg(x)) as never)
    assert.throws(() => f(vector(1)), TypeError, "asynchronous")
    const date = compile((x: Tensor) => x)
    assert.throws(() => date(new Date() as never), TypeError, "plain values")
    assert.throws(() => compile(() => (() => 1) as never)(), TypeError, "function")
  })

  it("works within a gradient, whose kernels it then records one by one", () => {
    const square = compile((x: Tensor) => tf.mul(x, x))
    const slope = (x: Tensor) => tf.grad((y) => tf.mul(square(y), 3))(x)
    assert.deepStrictEqual(values(slope(vector(2, 5))), [12, 30])
    square(vector(1, 1))
    assert.deepStrictEqual(values(slope(vector(2, 5))), [12, 30])
  })

  it("computes gradients itself", () => {
    const f = compile((x: Tensor) => tf.grad((y) => tf.sum(tf.mul(y, tf.sin(y))))(x))
    for (const at of [0.3, 1.7]) {
      assert.closeTo(values(f(vector(at)))[0]!, Math.sin(at) + at * Math.cos(at), 1e-6)
    }
  })

  it("may call another compiled function", () => {
    const inner = compile((x: Tensor) => ({ doubled: tf.mul(x, 2), same: x }))
    const outer = compile((x: Tensor) => {
      const { doubled, same } = inner(tf.add(x, 1))
      return tf.add(doubled, same)
    })
    assert.deepStrictEqual(
      [1, 2].map((value) => values(outer(vector(value)))[0]),
      [6, 9]
    )
    assert.deepStrictEqual(values(inner(vector(4)).doubled), [8])
  })

  it("leaves variables and memory as they were when it throws", () => {
    const v = tf.variable(vector(1))
    const f = compile((x: Tensor, fail: boolean) => {
      const y = tf.mul(x, v)
      if (fail) throw new RangeError("no")
      return y
    })
    const before = tf.memory().numTensors
    const x = vector(3)
    assert.throws(() => f(x, true), RangeError, "no")
    assert.deepStrictEqual(tf.memory().numTensors, before + 1)
    assert.deepStrictEqual(values(v), [1])
    assert.deepStrictEqual(values(f(x, false)), [3])
  })
})

describe("a compiled function on the onnx engine", () => {
  it("runs its body once for each arrangement", () => {
    const body = counted((x: Tensor, by: number) => tf.mul(x, by))
    const f = compile(body)
    for (const [x, by] of [
      [vector(1, 2), 2],
      [vector(3, 4), 2],
      [vector(1), 2],
      [vector(1, 2), 3],
      [tf.tensor1d([1, 2], "int32"), 2],
      [vector(5, 6), 2]
    ] as const) {
      f(x, by)
    }
    assert.strictEqual(body.mock.calls.length, 4)
  })

  it("forgets the arrangements that were not used for longest", () => {
    const body = counted((x: Tensor) => tf.neg(x))
    const f = compile(body)
    const at = (size: number) => values(f(tf.ones([size]))).length
    for (let size = 1; size <= 16; size++) at(size)
    at(1)
    at(17)
    assert.strictEqual(body.mock.calls.length, 17)
    assert.deepStrictEqual([at(1), at(3), at(17)], [1, 3, 17])
    assert.strictEqual(body.mock.calls.length, 17)
    // The second was the oldest when the seventeenth came.
    assert.strictEqual(at(2), 2)
    assert.strictEqual(body.mock.calls.length, 18)
  })

  it("has the bits of the same kernels called one by one", () => {
    const w = tf.variable(tf.mul(random([3, 3, 16, 16], 1), 0.1))
    const before = values(w)
    const step = (x: Tensor, rate: Tensor) => {
      const { grads, value } = tf.variableGrads(
        () => tf.mean(tf.square(tf.tanh(tf.conv2d(x as never, w as never, 1, "same")))),
        [w]
      )
      w.assign(tf.sub(w, tf.mul(grads[w.name]!, rate)))
      return value
    }
    const train = (run: typeof step) => {
      w.assign(tf.tensor([...before], w.shape))
      const losses = [1, 2, 3].map((seed) =>
        values(run(random([2, 6, 6, 16], seed), tf.scalar(0.37)))
      )
      return { losses, weights: values(w) }
    }
    assert.deepStrictEqual(train(compile(step)), train(step))
  })

  it("takes the learning rate as a tensor: 0 leaves the loss as it is", () => {
    const w = tf.variable(vector(1, -2, 0.5))
    const step = compile((rate: Scalar) => {
      const { grads, value } = tf.variableGrads(() => tf.sum<Scalar>(tf.square(w)), [w])
      w.assign(tf.sub(w, tf.mul(grads[w.name]!, rate)))
      return value
    })
    const losses = [0.25, 0, 0, 0.5, 1].map((rate) => values(step(tf.scalar(rate)))[0]!)
    assert.deepStrictEqual(losses, [5.25, 1.3125, 1.3125, 1.3125, 0])
  })

  it("takes one tensor for two arguments, and two for them later", () => {
    const f = compile((a: Tensor, b: Tensor) => tf.sub(a, b))
    const x = vector(3)
    assert.deepStrictEqual(values(f(x, x)), [0])
    assert.deepStrictEqual(values(f(x, vector(1))), [2])
  })

  it("takes what was not computed yet", () => {
    const f = compile((x: Tensor) => tf.mul(x, 2))
    const pending = tf.add(vector(1), 1)
    assert.deepStrictEqual(values(f(pending)), [4])
    assert.deepStrictEqual(values(f(f(tf.add(pending, 1)))), [12])
  })

  it("keeps the values of tensors from outside, whatever becomes of them", () => {
    const [given, pending] = [vector(10), tf.add(vector(1), 1)]
    const f = compile((x: Tensor) => tf.add(tf.mul(x, given), pending))
    assert.deepStrictEqual(values(f(vector(1))), [12])
    tf.dispose([given, pending])
    assert.deepStrictEqual(values(f(vector(2))), [22])
  })

  it("may read what depends neither on arguments nor on variables", () => {
    const outside = vector(2, 3)
    const f = compile((x: Tensor) => {
      const [factor] = tf.mul(outside, tf.range(1, 3)).dataSync()
      return tf.mul(x, factor!)
    })
    assert.deepStrictEqual(
      [1, 4].map((value) => values(f(vector(value)))[0]),
      [2, 8]
    )
  })

  it.each<readonly [string, (x: Tensor, v: Variable) => unknown]>([
    ["an argument", (x) => x.dataSync()],
    ["a variable", (_, v) => v.dataSync()],
    ["what depends on an argument", (x) => tf.add(tf.range(0, 1), tf.mul(x, 2)).arraySync()],
    ["what depends on a variable", (_, v) => tf.mul(v, 2).dataSync()],
    ["what a kernel on the host needs", (x) => tf.unique(x as Tensor1D)]
  ])("cannot read %s", (_, read) => {
    const v = tf.variable(vector(1))
    const f = compile((x: Tensor) => {
      read(x, v)
      return x
    })
    const x = vector(1)
    const before = { ...tf.memory() }
    assert.throws(() => f(x), /depends on its arguments or on a variable/)
    assert.deepStrictEqual({ ...tf.memory() }, before)
    assert.deepStrictEqual(values(tf.mul(v, x)), [1])
  })

  it("fails in data() as in dataSync()", async () => {
    let read: Promise<unknown> | undefined
    const f = compile((x: Tensor) => {
      read = x.data()
      return x
    })
    f(vector(1))
    const error: unknown = await read!.catch((error: unknown) => error)
    assert.match(String(error), /depends on its arguments or on a variable/)
  })

  it("leaves no rejection behind when it refuses an asynchronous function", async () => {
    const rejections: Array<unknown> = []
    const listen = (reason: unknown) => rejections.push(reason)
    process.on("unhandledRejection", listen)
    const f = compile((async (x: Tensor) => {
      await x.data()
    }) as never)
    assert.throws(() => f(vector(1)), TypeError)
    await new Promise((resolve) => setImmediate(resolve))
    process.off("unhandledRejection", listen)
    assert.deepStrictEqual(rejections, [])
  })

  it("cannot make or dispose variables, and leaves them as they were", () => {
    const v = tf.variable(vector(1), true, "kept")
    const names = () => Object.keys(tf.engine().registeredVariables)
    const before = names()
    const makes = compile((x: Tensor) => {
      v.assign(x as Tensor1D)
      return tf.variable(tf.mul(x, 2), true, "made")
    })
    assert.throws(() => makes(vector(1)), TypeError, "the function made the variable made")
    assert.deepStrictEqual([names(), values(v)], [before, [1]])
    const other = tf.variable(vector(3), true, "other")
    const disposes = compile((x: Tensor) => {
      other.dispose()
      return x
    })
    assert.throws(() => disposes(vector(1)), TypeError, "the function disposed the variable other")
    assert.deepStrictEqual([names(), values(v)], [before, [1]])
  })

  it("names what is wrong when a variable or an argument was disposed since", () => {
    const v = tf.variable(vector(2))
    const f = compile((x: Tensor) => tf.mul(x, v))
    assert.deepStrictEqual(values(f(vector(3))), [6])
    const gone = vector(1)
    gone.dispose()
    assert.throws(() => f(gone), /disposed/)
    v.dispose()
    assert.throws(() => f(vector(3)), /disposed/)
  })

  it("lets nobody use a tensor of the trace after it, and goes on", () => {
    let leaked: Tensor | undefined
    const f = compile((x: Tensor) => {
      leaked ??= tf.keep(tf.mul(x, 3))
      return tf.add(x, 1)
    })
    assert.deepStrictEqual(values(f(vector(2))), [3])
    const dependent = tf.mul(leaked!, 2)
    assert.deepStrictEqual(values(tf.mul(vector(5), 3)), [15])
    for (const tensor of [leaked!, dependent]) {
      assert.throws(() => tensor.dataSync(), /used after the trace/)
    }
    assert.deepStrictEqual(values(f(vector(4))), [5])
    leaked!.dispose()
  })

  it("lets a constant be kept that was made in the trace", () => {
    let table: Tensor | undefined
    const f = compile((x: Tensor) => {
      table ??= tf.keep(tf.mul(tf.range(0, 3), 2))
      return tf.add(x, table)
    })
    assert.deepStrictEqual(values(f(vector(1))), [1, 3, 5])
    assert.deepStrictEqual(values(table!), [0, 2, 4])
    assert.deepStrictEqual(values(f(vector(1, 1, 1))), [1, 3, 5])
    table!.dispose()
  })

  it("leaves variables alone that it does not use, of whatever type", () => {
    const text = tf.variable(tf.tensor(["a"]))
    const whole = tf.variable(tf.tensor1d([1, 2], "int32"))
    const f = compile((x: Tensor) => tf.add(x, 1))
    assert.deepStrictEqual(values(f(vector(1))), [2])
    assert.deepStrictEqual([text.dataSync()[0] as unknown, values(whole)], ["a", [1, 2]])
  })

  it("takes tensors and variables that live on the cpu backend", () => {
    void tf.setBackend("cpu")
    const [x, v] = [vector(2), tf.variable(vector(3))]
    void tf.setBackend("onnx")
    const f = compile((y: Tensor) => {
      const product = tf.mul(y, v)
      v.assign(product as Tensor1D)
      return product
    })
    assert.deepStrictEqual(values(f(x)), [6])
    assert.deepStrictEqual(values(f(x)), [12])
  })

  it("computes in every type", () => {
    const one = tf.scalar(1, "int32")
    const f = compile((a: Tensor, b: Tensor) => [
      tf.add(a, one),
      tf.logicalNot(b),
      tf.cast(a, "float32")
    ])
    const [a, b] = [tf.tensor1d([1, -(2 ** 31)], "int32"), tf.tensor1d([true, false], "bool")]
    for (let call = 0; call < 2; call++) {
      const results = f(a, b) as ReadonlyArray<Tensor>
      assert.deepStrictEqual(
        results.map(({ dtype }) => dtype),
        ["int32", "bool", "float32"]
      )
      assert.deepStrictEqual(results.map(values), [
        [2, 1 - 2 ** 31],
        [0, 1],
        [1, -(2 ** 31)]
      ])
    }
  })

  it("computes nothing when there is nothing to compute", () => {
    const f = compile((x: Tensor) => ({ x, n: 3 }))
    assert.deepStrictEqual(values(f(vector(1)).x), [1])
    assert.deepStrictEqual(values(f(vector(2)).x), [2])
  })
})

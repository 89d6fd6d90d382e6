import { afterAll, afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { register } from "#src/engine/backend/register.ts"
import { type Executable } from "#src/engine/program/executable.ts"
import { library as tf, numbers, random } from "../support/backends.ts"
import { cpu } from "../support/onnx-variants.ts"

const name = "onnx, observed"
const sessionsKept = 8
const patience = 500
const sessions = register({ target: cpu, threads: 2, name, sessionsKept, patience })

interface Run {
  readonly ops: ReadonlyArray<string>
  readonly session: Executable
}
/** Each run begins with a question for its session. Not by a spy, which would hold on to the programs. */
const runs: Array<Run> = []
const sessionOf = sessions.sessionOf.bind(sessions)
sessions.sessionOf = (program) => {
  const session = sessionOf(program)
  runs.push({ ops: program.nodes.map(({ op }) => op), session })
  return session
}
const sessionsUsed = (): number => new Set(runs.map(({ session }) => session)).size
const runLengths = (): ReadonlyArray<number> => runs.map(({ ops }) => ops.length)

const values = (tensor: Tensor): ReadonlyArray<number> => [...tensor.dataSync()]
const vector = (...values: ReadonlyArray<number>): Tensor1D => tf.tensor1d([...values])

beforeEach(() => {
  void tf.setBackend(name)
  runs.length = 0
  tf.engine().startScope()
})
afterEach(() => {
  void tf.setBackend(name)
  tf.disposeVariables()
  tf.engine().endScope()
  assert.deepStrictEqual([tf.memory().numTensors, tf.backend().numDataIds()], [0, 0])
})
afterAll(() => {
  void tf.setBackend("onnx")
})

describe("laziness", () => {
  it("runs nothing before something is read, and then everything in one run", () => {
    const x = random([3, 4], 1)
    const [a, b] = [tf.exp(x), tf.sum(tf.sin(x), 1)]
    const c = tf.matMul(a, b.reshape([3, 1]), true)
    assert.strictEqual(runs.length, 0)
    for (const result of [c, a, b, x]) result.dataSync()
    assert.strictEqual(runs.length, 1)
    // What was computed is not computed again.
    tf.neg(c).dataSync()
    assert.strictEqual(runs.length, 2)
    assert.strictEqual(runLengths()[1], 1)
  })

  it("does not compute what nobody has any more", () => {
    const x = vector(1, 2)
    tf.exp(x).dispose()
    assert.deepStrictEqual(values(tf.neg(x)), [-1, -2])
    assert.deepStrictEqual(
      runs.map(({ ops }) => ops),
      [["Neg"]]
    )
  })

  it("uses one session for one structure, whatever the numbers", () => {
    for (const value of [1.25, 3.5, 7]) {
      const x = random([4], value)
      assert.closeTo(values(tf.mul(x, value))[3]!, values(x)[3]! * value, 1e-6)
    }
    assert.deepStrictEqual([runs.length, sessionsUsed()], [3, 1])
  })

  it("reads a tensor in one run however many wait for it", async () => {
    const y = tf.exp(vector(0, 0))
    const read = await Promise.all([y.data(), y.data(), tf.neg(y).data(), y.array()])
    assert.deepStrictEqual(
      read.map((values) => Array.from(values as Float32Array)),
      [
        [1, 1],
        [1, 1],
        [-1, -1],
        [1, 1]
      ]
    )
    assert.strictEqual(runs.length, 2)
  })

  it("takes values as they were when they were given", () => {
    const array = Float32Array.of(1, 2)
    const list = [3, 4]
    const [a, b] = [tf.tensor1d(array), tf.tensor1d(list)]
    const sum = tf.add(a, b)
    array.fill(0)
    list.fill(0)
    assert.deepStrictEqual(
      [values(sum), values(a), values(b)],
      [
        [4, 6],
        [1, 2],
        [3, 4]
      ]
    )
  })
})

describe("memory", () => {
  it("is freed with its tensors, and counted", () => {
    const before = tf.memory()
    const x = tf.zeros([10, 10])
    const y = tf.exp(x)
    assert.deepStrictEqual(
      [
        tf.memory().numTensors,
        tf.memory().numDataBuffers,
        tf.memory().numBytes,
        tf.backend().numDataIds()
      ],
      [before.numTensors + 2, before.numDataBuffers + 2, before.numBytes + 800, 2]
    )
    assert.isNotOk(tf.memory().unreliable)
    y.dataSync()
    tf.dispose([x, y])
    assert.deepStrictEqual(tf.memory(), before)
  })

  it("is shared by clones until the last of them goes", () => {
    const x = vector(1, 2)
    const [clone, same] = [x.clone(), tf.cast(x, "float32")]
    assert.strictEqual(tf.backend().numDataIds(), 1)
    x.dispose()
    clone.dispose()
    assert.deepStrictEqual(values(same), [1, 2])
    const view = same.reshape([2, 1])
    same.dispose()
    assert.deepStrictEqual(values(view), [1, 2])
  })

  it("keeps a part of a complex tensor that lives on by itself", () => {
    const real = tf.add(vector(1), 1)
    const z = tf.complex(real, vector(3))
    z.dispose()
    vector(0).neg().dataSync()
    assert.deepStrictEqual(values(real), [2])
    assert.strictEqual(runs.length, 1)
  })

  it("does not grow in 1,000 steps of training", () => {
    const x = random([16, 8], 1) as Tensor2D
    const target = tf.sum(tf.mul(x, random([8], 2)), 1, true)
    const weights = [random([8, 16], 3), random([16], 4), random([16, 1], 5)].map((start) =>
      tf.variable(tf.mul(start, 0.3))
    )
    const [w1, b1, w2] = weights as unknown as [Tensor2D, Tensor1D, Tensor2D]
    const loss = () =>
      tf.mean<Scalar>(
        tf.square(tf.sub(tf.matMul(tf.tanh(tf.add(tf.matMul(x, w1), b1)), w2), target))
      )
    const optimizer = tf.train.adam(0.01)
    const step = (): number =>
      tf.tidy(() => optimizer.minimize(loss, true, weights as never)!.dataSync()[0]!)
    const first = step()
    for (let i = 0; i < 50; i++) step()
    const { numTensors } = tf.memory()
    const entries = tf.backend().numDataIds()
    const residentBytes = process.memoryUsage.rss()
    runs.length = 0
    let last = first
    for (let i = 0; i < 1000; i++) last = step()
    assert.isBelow(last, first / 100)
    assert.deepStrictEqual(
      [tf.memory().numTensors, tf.backend().numDataIds()],
      [numTensors, entries]
    )
    assert.deepStrictEqual([runs.length, sessionsUsed()], [1000, 1])
    assert.isBelow(process.memoryUsage.rss() - residentBytes, 100e6)
    optimizer.dispose()
  })

  it("does not grow in a loop that reads nothing", () => {
    let x: Tensor = vector(0)
    const one = vector(1.5)
    for (let i = 0; i < 2600; i++) {
      const next = tf.add(x, one)
      x.dispose()
      x = next
    }
    assert.deepStrictEqual([runs.length, sessionsUsed()], [5, 1])
    assert.isAtMost(Math.max(...runLengths()), patience + 1)
    assert.deepStrictEqual(values(x), [3900])
  })

  it("takes one session for a loop that reads nothing and is longer than a kernel", () => {
    const w = tf.variable(random([3, 3], 1))
    for (let i = 0; i < 1000; i++) {
      tf.tidy(() => {
        const product = tf.tanh(tf.matMul(w as unknown as Tensor2D, w as unknown as Tensor2D))
        w.assign(tf.mul(tf.sub(product, tf.transpose(product)), 0.9))
      })
    }
    // The first knows the tensor that the loop began with; from the second on they are alike.
    assert.isAbove(runs.length, 8)
    assert.isAtMost(sessionsUsed(), 2)
  })

  it("is bounded in the same way whatever was computed before", () => {
    const lengths = (): ReadonlyArray<number> => {
      runs.length = 0
      tf.tidy(() => {
        let x: Tensor = vector(1)
        for (let i = 0; i < 1200; i++) x = tf.neg(x)
        x.dataSync()
      })
      return runLengths()
    }
    const alone = lengths()
    assert.strictEqual(alone.length, 3)
    tf.tidy(() => {
      for (let i = 0; i < 321; i++) tf.exp(tf.scalar(i))
    })
    assert.deepStrictEqual(lengths(), alone)
  })

  it("of sessions is bounded", () => {
    const read = (size: number) => values(tf.neg(tf.ones([size]))).length
    for (let size = 1; size <= 3 * sessionsKept; size++) read(size)
    assert.strictEqual(sessions.size, sessionsKept)
    runs.length = 0
    read(3 * sessionsKept)
    const dispose = vi.spyOn(runs[0]!.session, "dispose")
    for (let size = 1; size < sessionsKept; size++) read(size)
    assert.strictEqual(dispose.mock.calls.length, 0)
    read(sessionsKept)
    assert.strictEqual(dispose.mock.calls.length, 1)
    assert.strictEqual(read(3 * sessionsKept), 3 * sessionsKept)
  })
})

describe("errors", () => {
  it("are thrown where the kernel is called, before anything runs", () => {
    const [a, b] = [random([2, 3], 1) as Tensor2D, random([2, 3], 2) as Tensor2D]
    const image = random([1, 4, 4, 3], 3) as Tensor4D
    const kernel = (name: string, inputs: Record<string, Tensor>, attrs = {}) =>
      tf.engine().runKernel(name, inputs, attrs)
    assert.throws(() => tf.matMul(a, b), /inner (shapes|dimensions)/)
    assert.throws(() => kernel("BatchMatMul", { a, b }), /inner shapes/)
    assert.throws(() => kernel("Add", { a, b: vector(1, 2) }), /could not be broadcast/)
    assert.throws(() => kernel("Reshape", { x: a }, { shape: [4] }), /same number of elements/)
    assert.throws(() => tf.conv2d(image, random([3, 3, 4, 2], 4) as Tensor4D, 1, "same"), /depth/)
    assert.throws(() => kernel("Sum", { x: a }, { axis: [2] }), /axis/)
    assert.strictEqual(runs.length, 0)
  })

  it("name a kernel that is missing", () => {
    assert.throws(
      () => tf.engine().runKernel("NoSuchKernel", { x: vector(1) }),
      `Kernel 'NoSuchKernel' not registered for backend '${name}'`
    )
  })

  it("of one tensor leave the others alone", () => {
    const x = vector(1, 2, 3)
    const tooLarge = tf.add(tf.tensor1d([2], "int32"), tf.tensor1d([2], "int32")) as Tensor1D
    const bad = tf.gather(x, tooLarge)
    const good = tf.mul(x, 2)
    const better = tf.add(good, 1)
    assert.deepStrictEqual(values(good), [2, 4, 6])
    assert.throws(() => bad.dataSync(), /out of data bounds/)
    assert.deepStrictEqual(values(better), [3, 5, 7])
    assert.deepStrictEqual(values(tf.neg(x)), [-1, -2, -3])
  })

  it("name the use of a disposed tensor", () => {
    const x = vector(1)
    x.dispose()
    assert.throws(() => tf.neg(x), /used after it was disposed/)
  })
})

describe("storage", () => {
  it("keeps every type as it is", () => {
    const whole = [0, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1]
    assert.deepStrictEqual(values(tf.tensor1d(whole, "int32")), whole)
    assert.deepStrictEqual(values(tf.tensor1d(Uint8Array.of(0, 255), "int32")), [0, 255])
    assert.deepStrictEqual(values(tf.tensor1d([true, false], "bool")), [1, 0])
    const floats = [NaN, Infinity, -Infinity, -0, 1e-40, 3e38].map(Math.fround)
    assert.deepStrictEqual(values(tf.tensor1d(floats)), floats)
    assert.deepStrictEqual(tf.tensor(["a", "ü"]).dataSync<"string">(), ["a", "ü"])
    assert.deepStrictEqual(values(tf.complex(vector(1, 2), vector(3, 4))), [1, 3, 2, 4])
    assert.strictEqual(runs.length, 0)
  })

  it("passes every type through a run", () => {
    const results = [
      tf.tensor1d([2 ** 24 + 1, -5], "int32").reshape([2, 1]),
      tf.tensor1d([true, false], "bool").reshape([2, 1]),
      vector(0.1, -0).reshape([2, 1])
    ]
    assert.deepStrictEqual(
      results.map((result) => [result.dtype, ...values(result)]),
      [
        ["int32", 2 ** 24 + 1, -5],
        ["bool", 1, 0],
        ["float32", Math.fround(0.1), -0]
      ]
    )
    assert.deepStrictEqual(
      results.map((result) => result.dataSync().constructor),
      [Int32Array, Uint8Array, Float32Array]
    )
  })

  it("takes empty tensors and scalars", () => {
    const empty = tf.zeros([0, 3])
    assert.deepStrictEqual(tf.add(empty, tf.scalar(1)).shape, [0, 3])
    assert.deepStrictEqual(values(tf.add(empty, tf.scalar(1))), [])
    assert.deepStrictEqual(values(tf.sum(empty, 0)), [0, 0, 0])
    assert.deepStrictEqual(values(tf.exp(tf.scalar(0))), [1])
    const buffer = tf.buffer([2, 2])
    buffer.set(5, 1, 1)
    assert.deepStrictEqual(values(tf.neg(buffer.toTensor())), [-0, -0, -0, -5])
  })

  it("is moved from and to another backend by need", () => {
    void tf.setBackend("cpu")
    const x = vector(1, 2)
    const shared = x.clone()
    void tf.setBackend(name)
    const y = tf.add(x, shared)
    assert.strictEqual(tf.backend().numDataIds(), 2)
    void tf.setBackend("cpu")
    assert.deepStrictEqual(values(tf.mul(y, x)), [2, 8])
    void tf.setBackend(name)
    assert.deepStrictEqual(values(tf.neg(shared)), [-1, -2])
  })

  it("follows variables", () => {
    const start = vector(1, 2)
    const v = tf.variable(start)
    const before = tf.mul(v, 10)
    v.assign(tf.add(v, 1))
    start.dispose()
    assert.deepStrictEqual(
      [values(before), values(v)],
      [
        [10, 20],
        [2, 3]
      ]
    )
    v.assign(tf.mul(v, 0.5))
    assert.deepStrictEqual(values(v), [1, 1.5])
  })
})

describe("measuring", () => {
  it("times what a function computes, and no more", async () => {
    const pending = tf.exp(vector(1))
    const { kernelMs, wallMs } = await tf.time(() => {
      tf.keep(tf.neg(pending)).dispose()
      tf.exp(vector(2))
    })
    assert.isAtLeast(wallMs, kernelMs as number)
    assert.deepStrictEqual(runLengths(), [1, 1])
  })

  it("profiles kernels one by one", async () => {
    const x = vector(1, 2)
    const profile = await tf.profile(() => tf.neg(tf.exp(x)))
    assert.deepStrictEqual(profile.kernelNames.toSorted(), ["Exp", "Neg"])
    assert.strictEqual(profile.newTensors, 2)
    for (const { kernelTimeMs } of profile.kernels)
      assert.isAtLeast((await kernelTimeMs) as number, 0)
    assert.deepStrictEqual(values(profile.result as Tensor), values(tf.neg(tf.exp(x))))
  })

  it("passes on errors of a profiled function", async () => {
    const profile = tf.profile(
      () => tf.engine().runKernel("Sum", { x: vector(1) }, { axis: [3] }) as Tensor
    )
    const error: unknown = await profile.catch((error: unknown) => error)
    assert.match(String(error), /axis/)
  })
})

describe("a read", () => {
  it("gives the same bits for the same program in whatever company", () => {
    const [x, w] = [numbers(8 * 8 * 16, 1), numbers(9 * 16 * 16, 2)]
    const conv = () =>
      tf.relu(tf.conv2d(tf.tensor4d(x, [1, 8, 8, 16]), tf.tensor4d(w, [3, 3, 16, 16]), 1, "same"))
    const alone = values(conv())
    const [first, ...others] = [
      conv(),
      tf.exp(vector(1)),
      tf.matMul(random([5, 5], 1), random([5, 5], 2))
    ]
    tf.add(others[0], 1).dataSync()
    assert.deepStrictEqual(values(first), alone)
  })
})

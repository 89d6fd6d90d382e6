import { assert, describe, it } from "vitest"
import {
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { compile } from "#src/engine/compile.ts"
import { programOf } from "#src/engine/graph/program.ts"
import { Recorder } from "#src/engine/graph/recorder.ts"
import { Value } from "#src/engine/graph/value.ts"
import { primitive } from "#src/engine/kernels/table.ts"
import { type Target } from "#src/engine/lowering/target.ts"
import { createSession, ortTensor } from "#src/engine/onnx/session.ts"
import { type Compiler, type Runs, lower } from "#src/engine/program/executable.ts"
import { sessionOptions } from "#src/engine/program/session-options.ts"
import { externalWeight } from "#src/engine/weights/external-data.ts"
import { openWeights } from "#src/engine/weights/open-weights.ts"
import { type WeightOptions, weightTensor } from "#src/engine/weights/weight-tensor.ts"
import { encodeSafetensors, layOutSafetensors } from "#src/safetensors/encode.ts"
import { library as tf } from "../../support/backends.ts"
import { temporaryFolder } from "../../support/project.ts"
import { raw, type RawTensors, userError } from "./files.ts"
import { float16Value } from "./half-precision.ts"
import { differencesOfLayers } from "./layers.ts"

const root = realpathSync(temporaryFolder())
const write = (content: RawTensors) => {
  const file = path.join(mkdtempSync(path.join(root, "case-")), "model.safetensors")
  writeFileSync(file, encodeSafetensors(content))
  return openWeights(file)
}

describe("weightTensor", () => {
  it("computes the bits that decoded weights compute, in layers of every type", () => {
    const differences = differencesOfLayers(mkdtempSync(path.join(root, "case-")))
    assert.isAbove(Object.keys(differences).length, 40)
    assert.deepStrictEqual(
      Object.entries(differences).filter(([, difference]) => difference !== 0),
      []
    )
  })

  it.skipIf(process.platform !== "linux")("reads no more of a table than the rows it takes", () => {
    const shape = [2 ** 19, 4096]
    const layout = layOutSafetensors({ table: { dtype: "F16", shape } })
    const file = path.join(mkdtempSync(path.join(root, "case-")), "table.safetensors")
    writeFileSync(file, layout.head)
    truncateSync(file, layout.fileBytes - 2)
    writeFileSync(file, Uint16Array.of(0x4100), { flag: "a" })
    const privateBytes = (): number =>
      Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024
    const before = privateBytes()
    const row = tf.tidy(() => {
      const table = weightTensor(openWeights(file), "table")
      return tf.gather(table, tf.tensor1d([2 ** 19 - 1], "int32")).dataSync()
    })
    assert.strictEqual(row[4095], 2.5)
    // One part in sixteen of the 4 GiB.
    assert.isBelow(privateBytes() - before, 2 ** 28)
    rmSync(file)
  })

  it("may start a variable, which is then read", () => {
    const weights = write({ w: raw("F16", [2], Uint16Array.of(0x3c00, 0xc000)) })
    const start = weightTensor(weights, "w")
    const variable = tf.variable(start)
    const step = compile(() => {
      variable.assign(tf.add(variable, 1))
    })
    step()
    step()
    assert.deepStrictEqual([...variable.dataSync()], [3, 0])
    assert.deepStrictEqual([...start.dataSync()], [1, -2])
    tf.dispose([start, variable])
  })

  it("reads integers and empty tensors at once, and everything on TensorFlow.js's own engines", () => {
    const weights = write({
      ids: raw("I64", [2], BigInt64Array.of(1n, -2n)),
      none: raw("F32", [0, 3], new Float32Array()),
      half: raw("F16", [1], Uint16Array.of(0x3800))
    })
    const read = (name: string) => {
      const tensor = weightTensor(weights, name)
      const found = [tensor.shape, tensor.dtype, ...tensor.dataSync()]
      tensor.dispose()
      return found
    }
    assert.deepStrictEqual(read("ids"), [[2], "float32", 1, -2])
    assert.deepStrictEqual(read("none"), [[0, 3], "float32"])
    void tf.setBackend("cpu")
    try {
      assert.deepStrictEqual(read("half"), [[1], "float32", 0.5])
    } finally {
      void tf.setBackend("onnx")
    }
  })

  it("says which tensor is not there", () => {
    const weights = write({ "down.weight": raw("F32", [1], Float32Array.of(1)) })
    const error = userError(() => weightTensor(weights, "down.weigth"))
    assert.include(error.message, "holds no tensor down.weigth")
    assert.strictEqual(error.hint, "there is down.weight")
  })
})

// A linear layer and a convolution by weights stored as float16, lowered by hand.
const [rows, inner, columns] = [3, 32, 8]
const words = (size: number) =>
  Uint16Array.from({ length: size }, (_, at) => 0x3400 + ((at * 37) % 1024))
const numbers = (size: number) =>
  Float32Array.from({ length: size }, (_, at) => ((at * 5) % 11) - 5)

const lowered = (target: Target, { half = true }: WeightOptions = {}) => {
  const weights = write({
    matrix: raw("F16", [columns, inner], words(columns * inner)),
    filter: raw("F16", [4, 2, 3, 3], words(72))
  })
  const recorder = new Recorder((op) => primitive(op).infer)
  const weight = (name: string) => {
    const tensor = weights.tensors.get(name)!
    return Value.resident(
      { shape: tensor.shape, dtype: "float32" },
      { at: "file", weight: externalWeight(tensor, half)! }
    )
  }
  const leaf = (...shape: ReadonlyArray<number>) => {
    const array = numbers(shape.reduce((size, dim) => size * dim, 1))
    return Value.resident({ shape, dtype: "float32" }, { at: "host", array })
  }
  const product = recorder.one(
    "BatchMatMul",
    [leaf(rows, inner), recorder.one("Transpose", [weight("matrix")], { perm: [1, 0] })],
    {}
  )
  const biased = recorder.one("Add", [product, leaf(columns)])
  const image = recorder.one(
    "Conv",
    [leaf(2, 5, 5, 2), recorder.one("Transpose", [weight("filter")], { perm: [2, 3, 1, 0] })],
    { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], groups: 1 }
  )
  const program = programOf([biased, image])
  const compiler: Compiler = {
    recorder,
    primitive,
    stages: [],
    target,
    sessionOptions: () => ({})
  }
  const { feeds, model, onnx, weightsFolder } = lower(program, compiler)
  const inputs = Object.fromEntries(
    feeds.map(({ leaf, name }) => {
      const { data, shape } = program.leaves[leaf]!
      assert(data?.at === "host")
      return [name, ortTensor("float32", data.array, shape)]
    })
  )
  const run = (options: Parameters<typeof createSession>[1]) => {
    const session = createSession(model!, options)
    const outputs = session.run(inputs)
    session.dispose()
    return onnx.outputs.map(({ name }) => outputs[name]!.data as Float32Array)
  }
  return { onnx, run, weightsFolder }
}

const cpu: Target = { provider: "cpu", block: 0, float16: false }

describe("weights stored as float16", () => {
  const ran = (runs: Runs, optimizedModelFilePath?: string) => {
    const { run, weightsFolder } = lowered(cpu)
    return run({
      ...sessionOptions(cpu, 1, weightsFolder, runs, Infinity),
      ...(optimizedModelFilePath === undefined ? {} : { optimizedModelFilePath })
    })
  }

  it("are converted once in a session that runs often, which changes no bit and no other node", () => {
    const file = path.join(mkdtempSync(path.join(root, "case-")), "optimized.onnx")
    assert.deepStrictEqual(ran("often", file), ran("seldom"))
    const text = readFileSync(file, "latin1")
    const holds = (op: string) => text.includes(`"${String.fromCodePoint(op.length)}${op}`)
    assert.deepStrictEqual(["MatMul", "Add", "Conv", "Gemm", "Cast"].map(holds), [
      true,
      true,
      true,
      false,
      false
    ])
  })

  it("are multiplied in float16 where the provider can, unless they say no", () => {
    const device: Target = { provider: "cuda", block: 0, float16: true }
    const options = (folder: string | undefined) => ({
      ...sessionOptions(cpu, 1, folder, "seldom", Infinity),
      executionProviders: ["cpu"]
    })
    const castsToHalf = ({ onnx }: ReturnType<typeof lowered>) =>
      onnx.nodes.filter(({ attributes, op }) => op === "Cast" && attributes["to"] === 10).length
    const inHalf = lowered(device)
    // The operands that are no weights; the results go back to float32.
    assert.strictEqual(castsToHalf(inHalf), 2)
    const inFull = lowered(device, { half: false })
    assert.strictEqual(castsToHalf(inFull), 0)
    const expected = inFull.run(options(inFull.weightsFolder))
    for (const [index, found] of inHalf.run(options(inHalf.weightsFolder)).entries()) {
      // Results of up to some tens, with 11 bits each (or more: on the CPU ONNX Runtime drops pairs of casts).
      assert.isTrue(found.every((value, at) => Math.abs(value - expected[index]![at]!) < 2 ** -5))
    }
    const terms = Array.from(words(inner), (bits, at) => float16Value(bits) * numbers(inner)[at]!)
    const byHand = terms.reduce((sum, term) => sum + term, numbers(1)[0]!)
    assert.closeTo(expected[0]![0]!, byHand, 1e-4)
  })
})

import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { type ExternalWeight } from "../../../src/engine/graph/external-weight.ts"
import { GraphBuilder } from "../../../src/engine/onnx/graph-builder.ts"
import { createSession, ortTensor, type SessionOptions } from "../../../src/engine/onnx/session.ts"
import {
  addWeight,
  externalFolder,
  externalWeight,
  sessionFolderOption
} from "../../../src/engine/weights/external-data.ts"
import { openWeights } from "../../../src/engine/weights/open-weights.ts"
import { type Weights, type WeightTensor } from "../../../src/engine/weights/weights.ts"
import { decodeSafetensors } from "../../../src/safetensors/decode.ts"
import { encodeSafetensors, layOutSafetensors } from "../../../src/safetensors/encode.ts"
import { sharedFile, temporaryFolder } from "../../support/project.ts"
import { raw, type RawTensors, userError, writeHubCache, writeShards } from "./files.ts"
import { bfloat16Value, float16Value } from "./half-precision.ts"

const root = realpathSync(temporaryFolder())
const newFolder = () => mkdtempSync(path.join(root, "case-"))

const options = (
  folder: string,
  graphOptimizationLevel: NonNullable<SessionOptions["graphOptimizationLevel"]> = "disabled"
): SessionOptions => ({
  graphOptimizationLevel,
  logSeverityLevel: 4,
  extra: { session: { [sessionFolderOption]: folder } }
})

const external = (tensor: WeightTensor): ExternalWeight => {
  const weight = externalWeight(tensor)
  if (weight === undefined) throw new Error("this tensor cannot stay in its file")
  return weight
}

/** What ONNX Runtime makes of tensors in their files, as float32, by name; of several models in one session. */
const throughRuntime = (
  models: ReadonlyArray<Weights>,
  level?: NonNullable<SessionOptions["graphOptimizationLevel"]>
): ReadonlyArray<Readonly<Record<string, Float32Array>>> => {
  const folder = externalFolder(
    models.flatMap(({ tensors }) => [...tensors.values()].map(external))
  )
  const graph = new GraphBuilder()
  const outputs = models.map(({ tensors }) =>
    [...tensors].map(([name, tensor]) => {
      const output = graph.node("Neg", [
        graph.node("Neg", [addWeight(graph, folder, external(tensor), tensor.shape)])
      ])
      graph.output(output, "float32", tensor.shape)
      return [name, output] as const
    })
  )
  const session = createSession(graph.encode(), options(folder, level))
  const results = session.run({})
  const values = outputs.map((pairs) =>
    Object.fromEntries(pairs.map(([name, output]) => [name, results[output]!.data as Float32Array]))
  )
  session.dispose()
  return values
}

/** float32, float16 and bfloat16 by hand. */
const decoded = ({ bytes, dtype }: RawTensors[string]): ReadonlyArray<number> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = dtype === "F32" ? 4 : 2
  return Array.from({ length: bytes.byteLength / size }, (_, index) =>
    dtype === "F32"
      ? view.getFloat32(index * 4, true)
      : (dtype === "F16" ? float16Value : bfloat16Value)(view.getUint16(index * 2, true))
  )
}

const assertDecodes = (values: Readonly<Record<string, Float32Array>>, tensors: RawTensors) => {
  assert.sameMembers(Object.keys(values), Object.keys(tensors))
  for (const [name, tensor] of Object.entries(tensors)) {
    // A comparison of bits would not let the payload of a NaN change.
    const found = values[name]!
    const expected = decoded(tensor)
    assert.strictEqual(found.length, expected.length)
    const differs = expected.findIndex((value, index) => !Object.is(value, found[index]))
    if (differs >= 0)
      assert.fail(`${name}[${differs}] is ${found[differs]}, not ${expected[differs]}`)
  }
}

const tensor = fc
  .tuple(
    fc.constantFrom("F32", "F16", "BF16"),
    fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
    fc.infiniteStream(fc.integer({ min: 0, max: 65_535 }))
  )
  .map(([dtype, shape, words]) => {
    const count = shape.reduce((product, dim) => product * dim, dtype === "F32" ? 2 : 1)
    return raw(dtype, shape, Uint16Array.from(words.take(count)))
  })
const tensors = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tensor, { minKeys: 1, maxKeys: 6 })

const inOneFile = (content: RawTensors): Weights => {
  const file = path.join(newFolder(), "model.safetensors")
  writeFileSync(file, encodeSafetensors(content))
  return openWeights(file)
}
const shardName = (index: number) => `model-0000${index + 1}-of-00002.safetensors`
const inShards = (content: RawTensors) => {
  const shards: Record<string, Record<string, RawTensors[string]>> = {}
  for (const [index, [name, value]] of Object.entries(content).entries()) {
    ;(shards[shardName(index % 2)] ??= {})[name] = value
  }
  return shards
}

const every16Bits = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)
const all16Bits = {
  f16: raw("F16", [256, 256], every16Bits),
  bf16: raw("BF16", [256, 256], every16Bits)
}

/** Memory of this process that is no mapped file. */
const privateBytes = (): number => {
  const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]
  if (kilobytes === undefined) throw new Error("/proc/self/status does not tell RssAnon")
  return Number(kilobytes) * 1024
}

describe("weights in their files", () => {
  it.each(["disabled", "basic", "all"] as const)(
    "every float16 and bfloat16 is converted exactly, with optimization %s",
    (level) => {
      assertDecodes(throughRuntime([inOneFile(all16Bits)], level)[0]!, all16Bits)
    }
  )

  it("are what was written to one file", () => {
    fc.assert(
      fc.property(tensors, (content) => {
        assertDecodes(throughRuntime([inOneFile(content)])[0]!, content)
      }),
      { numRuns: 30 }
    )
  })

  it("are what was written to shards", () => {
    fc.assert(
      fc.property(tensors, (content) => {
        const weights = openWeights(writeShards(newFolder(), { shards: inShards(content) }))
        assertDecodes(throughRuntime([weights])[0]!, content)
      }),
      { numRuns: 20 }
    )
  })

  it("are found behind the links of a cache", () => {
    fc.assert(
      fc.property(tensors, (content) => {
        const weights = openWeights(writeHubCache(newFolder(), inShards(content)))
        assertDecodes(throughRuntime([weights])[0]!, content)
      }),
      { numRuns: 20 }
    )
  })

  it("are found when shards and models lie in folders apart", () => {
    const here = newFolder()
    const there = newFolder()
    const shards = inShards({
      a: raw("F32", [1], Float32Array.of(1)),
      b: raw("F16", [1], Uint16Array.of(0x4000))
    })
    const index = writeShards(here, { shards })
    const moved = path.join(there, "elsewhere.bin")
    writeFileSync(moved, encodeSafetensors(shards[shardName(1)]!))
    rmSync(path.join(here, shardName(1)))
    symlinkSync(moved, path.join(here, shardName(1)))
    const other = inOneFile({ c: raw("BF16", [1], Uint16Array.of(0x4040)) })
    assert.deepStrictEqual(throughRuntime([openWeights(index), other]), [
      { a: Float32Array.of(1), b: Float32Array.of(2) },
      { c: Float32Array.of(3) }
    ])
  })

  const real = sharedFile("fixtures", "if", "stage1-f16", "unet")
  it.skipIf(real === undefined)("are those of a file of the reference implementation", () => {
    const weights = openWeights(real!)
    const { tensors: expected } = decodeSafetensors(readFileSync(weights.path))
    assert.isAbove(expected.size, 100)
    assertDecodes(throughRuntime([weights])[0]!, Object.fromEntries(expected))
  })

  it("may have any offset", () => {
    // Written by hand: a writer that keeps to the format's order aligns wide elements.
    const header = Buffer.from(
      JSON.stringify({
        odd: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
        w: { dtype: "F32", shape: [2], data_offsets: [1, 9] }
      })
    )
    const head = Buffer.alloc(8)
    head.writeBigUInt64LE(BigInt(header.length))
    const file = path.join(newFolder(), "odd.safetensors")
    const data = Buffer.from(Float32Array.of(0.5, -3).buffer)
    writeFileSync(file, Buffer.concat([head, header, Buffer.of(9), data]))
    const weights = openWeights(file)
    const w = weights.tensors.get("w")!
    assert.strictEqual(w.byteOffset % 2, 1)
    const only = { path: file, tensors: new Map([["w", w]]) }
    assert.deepStrictEqual(throughRuntime([only]), [{ w: Float32Array.of(0.5, -3) }])
  })

  it("are found behind the fourth gigabyte", () => {
    const layout = layOutSafetensors({
      // The wider type comes first.
      filler: { dtype: "F32", shape: [2 ** 30 + 2] },
      w: { dtype: "BF16", shape: [2] }
    })
    const file = path.join(newFolder(), "large.safetensors")
    writeFileSync(file, layout.head)
    truncateSync(file, layout.fileBytes - 4)
    writeFileSync(file, Uint16Array.of(0x3f80, 0xc000), { flag: "a" })
    const w = openWeights(file).tensors.get("w")!
    assert.isAbove(w.byteOffset, 2 ** 32)
    const only = { path: file, tensors: new Map([["w", w]]) }
    assert.deepStrictEqual(throughRuntime([only]), [{ w: Float32Array.of(1, -2) }])
    rmSync(file)
  })

  it.skipIf(process.platform !== "linux")(
    "are not copied: a row of 4 GiB needs a row of memory",
    () => {
      const shape = [2 ** 18, 4096]
      const layout = layOutSafetensors({ table: { dtype: "F32", shape } })
      const file = path.join(newFolder(), "table.safetensors")
      writeFileSync(file, layout.head)
      truncateSync(file, layout.fileBytes - 4)
      writeFileSync(file, Float32Array.of(2.5), { flag: "a" })
      const before = privateBytes()
      const table = external(openWeights(file).tensors.get("table")!)
      const folder = externalFolder([table])
      const graph = new GraphBuilder()
      const rows = graph.node("Gather", [
        addWeight(graph, folder, table, shape),
        graph.input("int32", [1])
      ])
      graph.output(rows, "float32", [1, 4096])
      const session = createSession(graph.encode(), options(folder))
      const last = { [graph.inputs[0]!.name]: ortTensor("int32", Int32Array.of(2 ** 18 - 1), [1]) }
      assert.strictEqual((session.run(last)[rows]!.data as Float32Array)[4095], 2.5)
      // One part in sixteen of the table: far more than the test's own garbage, far less than a copy.
      assert.isBelow(privateBytes() - before, 2 ** 28)
      session.dispose()
      rmSync(file)
    }
  )

  it.each([
    ["F32", 0],
    // A product of 32 numbers that are rounded once each: what is wrong is wrong in the first digits.
    ["F16", 1e-6],
    ["BF16", 1e-6]
  ] as const)("%s multiply a matrix", (dtype, tolerance) => {
    const [m, k, n] = [3, 32, 8]
    const words = Uint16Array.from({ length: k * n }, (_, i) =>
      dtype === "F16" ? 0x3c00 + ((i * 37) % 1024) : 0x3f80 + ((i * 37) % 128)
    )
    const small = Float32Array.from({ length: k * n }, (_, i) => ((i * 37) % 17) - 8)
    const w = raw(dtype, [k, n], dtype === "F32" ? small : words)
    const { tensors: opened } = inOneFile({ w })
    const weight = external(opened.get("w")!)
    const folder = externalFolder([weight])
    const graph = new GraphBuilder()
    const x = Float32Array.from({ length: m * k }, (_, i) => ((i * 5) % 11) - 5)
    const product = graph.node("MatMul", [
      graph.input("float32", [m, k]),
      addWeight(graph, folder, weight, [k, n])
    ])
    graph.output(product, "float32", [m, n])
    const session = createSession(graph.encode(), options(folder))
    const input = graph.inputs[0]!.name
    const found = session.run({ [input]: ortTensor("float32", x, [m, k]) })[product]!
      .data as Float32Array
    session.dispose()
    const values = decoded(w)
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let expected = 0
        for (let i = 0; i < k; i++) expected += x[row * k + i]! * values[i * n + column]!
        assert.closeTo(found[row * n + column]!, expected, tolerance * 400)
      }
    }
  })

  it("stay in their files only where ONNX Runtime can read them there", () => {
    const { tensors: opened } = inOneFile({
      ids: raw("I64", [1], BigInt64Array.of(1n)),
      flag: raw("BOOL", [1], Uint8Array.of(1)),
      wide: raw("F64", [1], Float64Array.of(1)),
      none: raw("F32", [0], new Float32Array()),
      some: raw("F32", [1], new Float32Array(1))
    })
    const staying = [...opened].filter(([, one]) => externalWeight(one) !== undefined)
    assert.deepStrictEqual(
      staying.map(([name]) => name),
      ["some"]
    )
  })

  it("would be refused through a link, which is why real paths are used", () => {
    const folder = newFolder()
    const { tensors: opened } = inOneFile({ a: raw("F32", [1], Float32Array.of(1)) })
    const [a] = opened.values()
    symlinkSync(a!.file, path.join(folder, "link"))
    const graph = new GraphBuilder()
    const linked = { ...external(a!), folder, file: "link" }
    graph.output(graph.node("Neg", [addWeight(graph, folder, linked, [1])]), "float32", [1])
    assert.throws(() => createSession(graph.encode(), options(folder)), /escapes model directory/)
  })
})

describe("externalFolder", () => {
  const at = (folder: string): ExternalWeight => ({
    folder,
    file: "w",
    byteOffset: 0,
    byteLength: 4,
    stored: "float32",
    half: true
  })
  const posix = (...folders: ReadonlyArray<string>) => externalFolder(folders.map(at), path.posix)
  const windows = (...folders: ReadonlyArray<string>) => externalFolder(folders.map(at), path.win32)

  it("is the deepest folder with all files in it", () => {
    assert.strictEqual(posix("/a/b"), "/a/b")
    assert.strictEqual(posix("/a/b", "/a/b"), "/a/b")
    assert.strictEqual(posix("/a/b/c", "/a/b"), "/a/b")
    assert.strictEqual(posix("/a/b", "/a/b/c"), "/a/b")
    assert.strictEqual(posix("/a/bc", "/a/bd", "/a/b"), "/a")
    assert.strictEqual(posix("/a", "/b"), "/")
    assert.strictEqual(posix("/"), "/")
    assert.strictEqual(windows("C:\\a\\b", "C:\\a\\c"), "C:\\a")
    assert.strictEqual(windows("C:\\a", "C:\\b"), "C:\\")
    assert.strictEqual(windows("\\\\host\\share\\a", "\\\\host\\share\\b"), "\\\\host\\share\\")
  })

  it("says when there is none", () => {
    for (const [a, b] of [
      ["C:\\a", "D:\\a"],
      ["\\\\host\\one\\a", "\\\\host\\two\\a"]
    ] as const) {
      assert.include(userError(() => windows(a, b)).message, `in ${a} and in ${b}`)
    }
    assert.throws(() => posix(), RangeError)
  })

  it("can be the root of the file system", () => {
    const weights = inOneFile({ a: raw("F32", [1], Float32Array.of(7)) })
    const weight = external(weights.tensors.get("a")!)
    const graph = new GraphBuilder()
    const output = graph.node("Neg", [addWeight(graph, "/", weight, [1])])
    graph.output(output, "float32", [1])
    const session = createSession(graph.encode(), options("/"))
    assert.deepStrictEqual(session.run({})[output]!.data, Float32Array.of(-7))
    session.dispose()
  })
})

/** Files of PyTorch 1.13, and pickles that attack: put together byte by byte, since Python should not have to run them. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { UserError } from "../../src/base/user-error.ts"
import type { RawTensor } from "../../src/safetensors/decode.ts"
import {
  decodePth,
  decodeTensorDict,
  type PthKey,
  type PthValue,
  readPth
} from "../../src/tensor-files/pth.ts"
import { assertTensor, expected, fixture, mistake } from "./expected.ts"
import {
  bytesOf,
  dict,
  global,
  int,
  none,
  pickle,
  tensor,
  text,
  tuple,
  u32,
  u64
} from "./pickle-bytes.ts"
import { type Entry, zip } from "./zip-bytes.ts"

const data = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)

/** An archive as torch.save writes it, around a pickle. */
const archive = (pickled: Buffer, ...more: ReadonlyArray<Entry>): Buffer =>
  zip(
    [
      { name: "x/data.pkl", bytes: pickled },
      ...(more.some(({ name }) => name === "x/data/0") ? [] : [{ name: "x/data/0", bytes: data }]),
      ...more
    ],
    { zip64: true }
  )

const refusal = (pickled: Buffer, ...more: ReadonlyArray<Entry>): string => {
  const { exitCode, message } = mistake(() => decodePth(archive(pickled, ...more), "x.pth"))
  assert.match(message, /^x\.pth is /)
  assert.strictEqual(exitCode, 1)
  return message
}

const floats = (value: PthValue): ReadonlyArray<number> => {
  const { bytes } = value as RawTensor
  return [...new Float32Array(new Uint8Array(bytes).buffer)]
}

const at = (value: PthValue, path: ReadonlyArray<string | number>): PthValue =>
  path.reduce<PthValue>(
    (inner, step) =>
      Array.isArray(inner)
        ? (inner as ReadonlyArray<PthValue>)[step as number]!
        : (inner as ReadonlyMap<PthKey, PthValue>).get(step)!,
    value
  )

const dtypes: { readonly [torch: string]: string } = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL"
}
const refusedFiles = new Set(["legacy", "parameter", "module"])

describe("files of PyTorch", () => {
  it.each(Object.keys(expected.pth).filter((name) => !refusedFiles.has(name)))(
    "%s.pth has every tensor that PyTorch put there",
    (name) => {
      const value = readPth(fixture(`${name}.pth`))
      const tensors = expected.pth[name]!
      assert.isAbove(tensors.length, 0)
      for (const [path, described] of tensors) {
        const found = at(value, path) as RawTensor
        assertTensor(found, described, path.join("."))
        assert.strictEqual(found.dtype, dtypes[described.dtype])
      }
    }
  )

  it("text embeddings are a dictionary from prompts, letter for letter, to [1,77,…] in half precision", () => {
    const found = decodeTensorDict(readFileSync(fixture("embeddings.pth")))
    assert.deepStrictEqual(
      [...found.keys()],
      [
        "an oil painting of a snowy mountain village",
        "a photo of the amalfi cost",
        "a high quality photo",
        ""
      ]
    )
    for (const { dtype, shape } of found.values()) {
      assert.deepStrictEqual([dtype, ...shape], ["F16", 1, 77, 8])
    }
  })

  it("other values are what they were, and no key is special", () => {
    const value = readPth(fixture("nested.pth")) as ReadonlyMap<PthKey, PthValue>
    assert.deepStrictEqual([...value.keys()], ["list", "ordered", 7, "__proto__"])
    assert.deepStrictEqual((at(value, ["list", 1]) as ReadonlyArray<PthValue>).slice(1), [
      "text",
      3,
      -(2 ** 40),
      2n ** 70n,
      1.5,
      true,
      null
    ])
    assert.strictEqual(value.get(7), "seven")
    assert.deepStrictEqual(
      [...(value.get("ordered") as ReadonlyMap<PthKey, PthValue>).keys()],
      ["b", "a"]
    )
    assert.isFalse(Object.hasOwn(Object.prototype, "polluted"))
    assert.isUndefined(({} as { readonly polluted?: unknown }).polluted)
  })

  it("a state dictionary comes without its attributes", () => {
    const found = decodeTensorDict(readFileSync(fixture("state-dict.pth")))
    assert.deepStrictEqual(
      [...found.keys()],
      [
        "0.weight",
        "0.bias",
        "1.weight",
        "1.bias",
        "1.running_mean",
        "1.running_var",
        "1.num_batches_tracked"
      ]
    )
  })

  it("files that are something else are told apart", () => {
    const { hint = "", message } = mistake(() => readPth(fixture("legacy.pth"), "legacy.pth"))
    assert.strictEqual(message, "legacy.pth is of torch.save's old format, from before PyTorch 1.6")
    assert.include(hint, "torch.save")
    assert.include(
      mistake(() => readPth(fixture("module.pth"))).message,
      "it wants to call torch.nn.modules.container.Sequential; nothing was run"
    )
    assert.include(
      mistake(() => readPth(fixture("parameter.pth"))).message,
      "it wants to call torch._utils._rebuild_parameter; nothing was run"
    )
    assert.include(mistake(() => readPth(fixture("torchscript.pth"))).message, "TorchScript")
    assert.include(mistake(() => decodePth(pickle(none))).hint ?? "", "it is a pickle by itself")
    assert.include(
      mistake(() => decodePth(Buffer.from("version https://git-lfs"))).hint ?? "",
      "git lfs pull"
    )
    assert.include(mistake(() => decodePth(Buffer.from(""))).message, "is no file of torch.save")
    assert.include(mistake(() => readPth("/no/such.pth")).message, "/no/such.pth cannot be read: ")
    assert.include(
      mistake(() => decodePth(zip([{ name: "a", bytes: data }]))).message,
      "0 pickles named data.pkl"
    )
  })

  it("a dictionary of tensors is nothing else", () => {
    for (const [pickled, problem] of [
      [pickle("]"), "it is a list"],
      [pickle(tensor()), "it is a tensor"],
      [pickle(dict([int(1), tensor()])), "it has the key 1"],
      [pickle(dict([text("a"), text("b")])), '"a" is a text']
    ] as const) {
      assert.include(mistake(() => decodeTensorDict(archive(pickled), "x.pth")).message, problem)
    }
  })

  it("are refused when they are cut off, and never read wrongly when bytes are changed", () => {
    const sound = readFileSync(fixture("embeddings.pth"))
    for (let size = 0; size < sound.length; size += 97)
      mistake(() => decodePth(sound.subarray(0, size)))
    const small = readFileSync(fixture("nested.pth"))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(small)
          for (const [at, value] of changes) bytes[at] = value
          try {
            decodePth(bytes)
          } catch (error) {
            assert.instanceOf(error, UserError)
          }
        }
      ),
      { numRuns: 1000 }
    )
  })
})

describe("a tensor in a pickle", () => {
  const read = (parts: Parameters<typeof tensor>[0]) =>
    floats(decodePth(archive(pickle(tensor(parts)))))

  it("may be any view of its storage", () => {
    assert.deepStrictEqual(read({}), [1, 2, 3, 4])
    assert.deepStrictEqual(read({ shape: [2, 2], strides: [1, 2] }), [1, 3, 2, 4])
    assert.deepStrictEqual(read({ shape: [2], strides: [2], offset: 1 }), [2, 4])
    assert.deepStrictEqual(read({ shape: [2, 3], strides: [1, 0] }), [1, 1, 1, 2, 2, 2])
    assert.deepStrictEqual(read({ shape: [0, 5], strides: [5, 1] }), [])
    assert.deepStrictEqual(read({ shape: [], strides: [], offset: 3 }), [4])
  })

  it("is refused when it reaches beyond its storage, or is none", () => {
    for (const [parts, problem] of [
      [{ shape: [5] }, "reaches beyond its 4 elements"],
      [{ offset: 1 }, "reaches beyond its 4 elements"],
      [{ shape: [2, 2], strides: [3, 1] }, "reaches beyond its 4 elements"],
      [{ shape: [0], offset: 9 }, "reaches beyond its 4 elements"],
      [{ offset: -1 }, "an offset that is none"],
      [{ shape: [-4] }, "a shape that is none"],
      [{ strides: [-1] }, "strides that do not fit"],
      [{ shape: [2, 2] }, "strides that do not fit"],
      [
        {
          shape: Array.from({ length: 65 }, () => 1),
          strides: Array.from({ length: 65 }, () => 1)
        },
        "a shape that is none"
      ],
      [{ length: 5 }, "the data 0 have 16 bytes, not 5 × F32"],
      [{ length: -1 }, "it names data in a way that torch.save does not"],
      [{ storage: global("torch", "HalfStorage") }, "the data 0 have 16 bytes, not 4 × F16"],
      [{ key: text("1") }, "the data 1 of a tensor are missing"],
      [{ more: dict([text("neg"), 0x88]) }, "metadata that would change its numbers"],
      // One element, 2^62 times.
      [{ shape: [2 ** 30, 2 ** 30], strides: [0, 0] }, "its tensors would take more than"]
    ] as const) {
      assert.include(refusal(pickle(tensor(parts))), problem)
    }
  })

  it("is not multiplied: many large views of one element are too many together", () => {
    // Each of them would fit; nothing is made before all have been counted.
    const before = process.memoryUsage().arrayBuffers
    const one = tensor({ shape: [2 ** 28 + 1], strides: [0] })
    assert.include(refusal(pickle("](", one, one, "e")), "its tensors would take more than")
    assert.isBelow(process.memoryUsage().arrayBuffers - before, 100_000_000)
  })

  it("cannot name other files, or records by a path", () => {
    for (const key of [
      "../../etc/passwd",
      "/etc/passwd",
      "data.pkl",
      "0/../0",
      "",
      "0\0",
      "12345678901",
      "-1"
    ]) {
      assert.include(refusal(pickle(tensor({ key: text(key) }))), "which is no record's number")
    }
    assert.include(refusal(pickle(tensor({ key: int(0) }))), "which is no record's number")
    assert.include(refusal(pickle(text("file:///etc/passwd"), "Q")), "it names data in a way")
    assert.include(refusal(bytesOf(0x80, 2, "P/etc/passwd\n.")), "PERSID")
  })

  it("may lie in a deflated record, which unpacks to what was announced or not at all", () => {
    const deflated = archive(pickle(tensor()), { name: "x/data/0", bytes: data, deflate: true })
    assert.deepStrictEqual(floats(decodePth(deflated)), [1, 2, 3, 4])
    const bomb = {
      name: "x/data/0",
      bytes: Buffer.alloc(1_000_000),
      deflate: true,
      says: { size: 16 }
    }
    assert.include(refusal(pickle(tensor()), bomb), "cannot be unpacked to the 16 bytes")
  })

  it("of a machine with another byte order is refused", () => {
    const order = (name: string) => ({ name: "x/byteorder", bytes: Buffer.from(name) })
    assert.include(refusal(pickle(tensor()), order("big")), 'its byte order is "big"')
    assert.deepStrictEqual(
      floats(decodePth(archive(pickle(tensor()), order("little")))),
      [1, 2, 3, 4]
    )
  })
})

describe("a pickle that wants something to be called", () => {
  const command = tuple(text("touch /tmp/ablate-was-here"))

  it.each([
    ["os", "system"],
    ["posix", "system"],
    ["builtins", "eval"],
    ["builtins", "exec"],
    ["builtins", "getattr"],
    ["__builtin__", "eval"],
    ["subprocess", "Popen"],
    ["importlib", "import_module"],
    ["copyreg", "_reconstructor"],
    ["copy_reg", "__newobj__"],
    ["operator", "attrgetter"],
    ["functools", "partial"],
    ["torch", "load"],
    ["torch", "constructor"],
    ["torch.hub", "load"],
    ["torch._utils", "_rebuild_tensor"],
    ["torch.storage", "_load_from_bytes"],
    ["numpy.core.multiarray", "_reconstruct"],
    ["collections", "OrderedDict.__init__"],
    ["__proto__", "constructor"]
  ])("is refused by name: %s.%s, however it is said", (module, name) => {
    const message = `it wants to call ${module}.${name}; nothing was run`
    assert.include(refusal(pickle(global(module, name), command, "R")), message)
    assert.include(refusal(pickle(text(module), text(name), 0x93, command, "R")), message)
    assert.include(refusal(pickle("(", command, `i${module}\n${name}\n`)), message)
    assert.include(refusal(pickle("(", global(module, name), command, "o")), message)
    assert.include(refusal(pickle(global(module, name), ")", 0x81)), message)
    // Hidden in a tensor, in a key, and behind a sound value.
    assert.include(refusal(pickle(tensor({ storage: global(module, name) }))), message)
    assert.include(refusal(pickle(dict([[global(module, name), command, "R"], none]))), message)
    assert.include(refusal(pickle(tensor(), "0", global(module, name), command, "R")), message)
  })

  it("is refused when it makes objects of what is known", () => {
    const known = global("collections", "OrderedDict")
    for (const [pickled, problem] of [
      [pickle("(", known, "o"), "it makes an object (OBJ)"],
      [pickle("(icollections\nOrderedDict\n"), "it makes an object; nothing was run"],
      [pickle(known, ")", 0x81), "it makes an object (NEWOBJ)"],
      [pickle(known, ")}", 0x92), "it makes an object (NEWOBJ_EX)"],
      [pickle(0x82, 1), "what copyreg has registered (EXT1)"],
      [pickle(0x83, 1, 0), "what copyreg has registered (EXT2)"],
      [pickle(0x84, u32(1)), "what copyreg has registered (EXT4)"],
      [pickle(known, tuple(text("a")), "R"), "makes an OrderedDict out of something"],
      [pickle(known, ")R", text("os.system"), "b"), "it sets the state of an object"],
      [pickle("}", dict([text("__class__"), none]), "b"), "it sets the state of an object"],
      [
        pickle(global("torch", "FloatStorage"), tuple(int(4)), "R"),
        "it wants to make a storage of its own"
      ],
      [pickle(known), "it holds a global by itself"],
      [pickle(text("os"), ")R"), "it calls what is no function"],
      [pickle(known, none, "R"), "it calls what is no function"],
      [pickle(known, ")R", command, "R"), "it calls what is no function"],
      [pickle(int(1), int(2), 0x93), "a name that is no text"]
    ] as const) {
      assert.include(refusal(pickled), problem)
    }
  })

  it("ran nothing in all these tests", async () => {
    const { existsSync } = await import("node:fs")
    assert.isFalse(existsSync("/tmp/ablate-was-here"))
  })
})

describe("a pickle that is damaged or meant to exhaust", () => {
  it("is refused with what is wrong", () => {
    for (const [pickled, problem] of [
      [Buffer.alloc(0), "it is cut off"],
      [bytesOf("(dp0\n."), "it is of protocol 0 or 1"],
      [bytesOf(0x80, 6, "N."), "it is of protocol 6"],
      [bytesOf(0x80, 2, "N"), "it is cut off"],
      [pickle(none, none), "it ends with values left over"],
      [pickle("(N"), "it ends with values left over"],
      [pickle(), "it ends with values left over"],
      [bytesOf(0x80, 2, "N.N"), "something follows its end"],
      [pickle("0"), "it takes more values than it has made"],
      [pickle("N(0", "0", "0"), "it takes more values than it has made"],
      [pickle("t"), "a mark is missing"],
      [pickle("h", 7), "it recalls value 7"],
      [pickle("j", u32(0xffffffff)), "it recalls value 4294967295"],
      [pickle("Na"), "it appends to what is no list"],
      [pickle("NNa"), "it appends to what is no list"],
      [pickle("N(Ne"), "it appends to what is no list"],
      [pickle(")(NNu"), "sets items of what is no dictionary"],
      [pickle("}(Nu"), "sets items of what is no dictionary"],
      [pickle("}(]Nu"), "a key that is neither text nor a number"],
      [pickle("X", u32(0xfffffff0)), "it is cut off"],
      [pickle(0x8d, u64(2n ** 63n)), "it is cut off"],
      [pickle(0x95, u64(2n ** 40n), "N"), "it is cut off"],
      [pickle(0x8b, u32(0x7fffffff)), "it holds a number of 2147483647 bytes"],
      [pickle(0x8b, u32(0xffffffff)), "it is cut off"],
      [pickle("X", u32(1), 0xff), "a text is not UTF-8"],
      [bytesOf(0x80, 2, "cos"), "it is cut off"],
      [pickle("C", 1, 0), "it holds bytes"],
      [pickle(0x8f), "it holds a set"],
      [pickle(0xff), "it has the unknown instruction 255"]
    ] as const) {
      assert.include(refusal(pickled), problem)
    }
  })

  it("cannot hold itself", () => {
    assert.include(refusal(pickle("]q", 0, "h", 0, "a")), "it holds itself")
    assert.include(refusal(pickle("}q", 0, text("self"), "h", 0, "s")), "it holds itself")
    assert.include(refusal(pickle("]q", 0, tuple("h", [0] as never), "a")), "it holds itself")
  })

  it("cannot be endlessly deep, or grow by repeating itself", () => {
    const deep = (levels: number) => pickle("]".repeat(levels), "a".repeat(levels - 1))
    assert.doesNotThrow(() => decodePth(archive(deep(60))))
    assert.include(refusal(deep(100_000)), "it is more than 64 levels deep")
    // Each list holds the one before it twice: 2^40 values out of 200 bytes.
    const layers = Array.from({ length: 40 }, (_, layer) => [
      "](",
      "h",
      layer,
      "h",
      layer,
      "e",
      "q",
      layer + 1
    ])
    assert.include(
      refusal(
        pickle("]q", 0, "0", ...layers.slice(0, -1).map((layer) => [layer, "0"]), layers.at(-1)!)
      ),
      "it has more than 1000000 values"
    )
  })
})

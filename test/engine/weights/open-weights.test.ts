import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { openWeights } from "../../../src/engine/weights/open-weights.ts"
import { type Weights } from "../../../src/engine/weights/weights.ts"
import { encodeSafetensors, layOutSafetensors } from "../../../src/safetensors/encode.ts"
import { temporaryFolder } from "../../support/project.ts"
import { indexOf, raw, userError, writeHubCache, writeShards } from "./files.ts"

const root = realpathSync(temporaryFolder())
const newFolder = () => mkdtempSync(path.join(root, "case-"))

const a = raw("F32", [2], Float32Array.of(1, 2))
const b = raw("F16", [3], Uint16Array.of(1, 2, 3))
const c = raw("BF16", [1, 2], Uint16Array.of(4, 5))
const one = "model-00001-of-00002.safetensors"
const two = "model-00002-of-00002.safetensors"
const sharded = { [one]: { a, b }, [two]: { c } }

const described = ({ tensors }: Weights) =>
  [...tensors].map(([name, { dtype, shape }]) => `${name}: ${dtype}[${shape.join()}]`)

describe("openWeights", () => {
  it("says where the tensors of a file lie", () => {
    const file = path.join(newFolder(), "model.safetensors")
    const bytes = encodeSafetensors({ b, a })
    writeFileSync(file, bytes)
    const { path: opened, tensors } = openWeights(file)
    assert.strictEqual(opened, file)
    const end = bytes.byteLength
    assert.deepStrictEqual(
      [...tensors],
      [
        ["a", { dtype: "F32", shape: [2], file, byteOffset: end - 14, byteLength: 8 }],
        ["b", { dtype: "F16", shape: [3], file, byteOffset: end - 6, byteLength: 6 }]
      ]
    )
  })

  it("opens shards by their index, or by their folder", () => {
    const folder = newFolder()
    const weights = openWeights(writeShards(folder, { shards: sharded }))
    assert.deepStrictEqual(described(weights), ["a: F32[2]", "b: F16[3]", "c: BF16[1,2]"])
    assert.deepStrictEqual(
      [...weights.tensors.values()].map(({ file }) => path.relative(folder, file)),
      [one, one, two]
    )
    assert.deepStrictEqual(openWeights(folder), weights)
  })

  it("names the files that links lead to", () => {
    const cache = newFolder()
    const weights = openWeights(writeHubCache(cache, sharded))
    assert.deepStrictEqual(described(weights), ["a: F32[2]", "b: F16[3]", "c: BF16[1,2]"])
    for (const { file } of weights.tensors.values()) {
      assert.match(path.relative(cache, file), /^blobs.[0-9a-f]{64}$/)
    }
  })

  it("takes an index that does not say how many bytes there are", () => {
    const { weight_map } = indexOf(sharded)
    const file = writeShards(newFolder(), { shards: sharded, index: { weight_map } })
    assert.strictEqual(openWeights(file).tensors.size, 3)
  })

  it("reads the header only, however large the file", () => {
    const shape = [5 * 2 ** 30]
    const layout = layOutSafetensors({
      large: { dtype: "U8", shape },
      small: { dtype: "U8", shape: [1] }
    })
    const file = path.join(newFolder(), "large.safetensors")
    writeFileSync(file, layout.head)
    truncateSync(file, layout.fileBytes)
    const { tensors } = openWeights(file)
    assert.strictEqual(tensors.get("small")?.byteOffset, layout.head.byteLength + 5 * 2 ** 30)
    rmSync(file)
  })

  describe("in a folder with several sets of weights", () => {
    const folderOf = (...names: ReadonlyArray<string>) => {
      const folder = newFolder()
      for (const [index, name] of names.entries()) {
        const shard = `shard${index}-00001-of-00001.safetensors`
        if (name.endsWith(".json")) {
          writeShards(folder, { indexName: name, shards: { [shard]: { [name]: a } } })
        } else {
          writeFileSync(path.join(folder, name), encodeSafetensors({ [name]: a }))
        }
      }
      return folder
    }
    const opened = (folder: string, variant?: string) => [
      ...openWeights(folder, variant).tensors.keys()
    ]

    it("takes the one without a variant, or the one of the variant", () => {
      const names = [
        "unet.safetensors",
        "unet.fp16.safetensors",
        "unet.safetensors.index.bf16.json"
      ]
      const folder = folderOf(...names)
      assert.deepStrictEqual(opened(folder), [names[0]])
      assert.deepStrictEqual(opened(folder, "fp16"), [names[1]])
      assert.deepStrictEqual(opened(folder, "bf16"), [names[2]])
    })

    it("takes the only one whatever its variant", () => {
      assert.deepStrictEqual(opened(folderOf("unet.fp16.safetensors")), ["unet.fp16.safetensors"])
    })

    it("takes the name that libraries look for", () => {
      for (const name of ["model.safetensors", "diffusion_pytorch_model.safetensors.index.json"]) {
        assert.deepStrictEqual(opened(folderOf("activations.safetensors", name)), [name])
      }
      const folder = folderOf("model.safetensors", "model.safetensors.index.json")
      assert.match(userError(() => openWeights(folder)).message, /several that could be/)
    })

    it("asks when it cannot know", () => {
      const several = userError(() => openWeights(folderOf("a.safetensors", "b.safetensors")))
      assert.match(
        several.message,
        /several that could be one set of weights: a.safetensors, b.saf/
      )
      const none = userError(() => openWeights(folderOf("unet.fp16.safetensors"), "bf16"))
      assert.match(none.message, /none that could be the variant bf16: unet.fp16.safetensors/)
    })

    it("says what is missing", () => {
      assert.match(userError(() => openWeights(folderOf())).message, /no safetensors file/)
      const noIndex = userError(() => openWeights(folderOf(one)))
      assert.match(noIndex.message, /shards, but no index/)
      assert.match(noIndex.hint ?? "", /index\.json/)
    })
  })

  it("says when there is nothing, or no file", () => {
    const folder = newFolder()
    assert.match(
      userError(() => openWeights(path.join(folder, "nothing.safetensors"))).message,
      /there is no file or folder .*nothing.safetensors/
    )
    mkdirSync(path.join(folder, one))
    const index = writeShards(folder, { shards: {}, index: { weight_map: { a: one } } })
    assert.match(userError(() => openWeights(index)).message, /is not a file/)
  })

  it("refuses a file that was cut short, naming it", () => {
    const folder = newFolder()
    const index = writeShards(folder, { shards: sharded })
    truncateSync(path.join(folder, two), 70)
    const { message } = userError(() => openWeights(index))
    assert.include(message, path.join(folder, two))
    assert.match(message, /the file ends before that|data, which has/)
  })

  it("refuses a header as long as the length says, without memory for it", () => {
    const file = path.join(newFolder(), "absurd.safetensors")
    const descriptor = openSync(file, "w")
    ftruncateSync(descriptor, 2 ** 33)
    closeSync(descriptor)
    writeFileSync(file, new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0]), { flag: "r+" })
    assert.match(userError(() => openWeights(file)).message, /more than the format's/)
    rmSync(file)
  })

  const { weight_map: map } = indexOf(sharded)
  const escapes = [
    "../x",
    "/etc/x",
    "a/../../x",
    "a\\..\\x",
    "C:x",
    "",
    ".",
    "a//b",
    "a\0b",
    7,
    null
  ]
  const broken: ReadonlyArray<readonly [what: string, index: unknown, message: RegExp]> = [
    ["no JSON", "{", /it is not JSON/],
    ["no object", "[]", /it is not a JSON object/],
    ["no map", { metadata: {} }, /no weight_map/],
    ["a map that is a list", { weight_map: [one] }, /no weight_map/],
    [
      "a tensor twice",
      `{"weight_map": {"a": ${JSON.stringify(one)}, "a": ${JSON.stringify(two)}}}`,
      /names "a" twice/
    ],
    [
      "a shard that is not there",
      { weight_map: { ...map, d: "model-00003-of-00003.safetensors" } },
      /a shard that is not there: model-00003-of-00003.safetensors/
    ],
    [
      "a tensor that no shard holds",
      { weight_map: { ...map, d: one } },
      /d into model-00001.*not hold it/
    ],
    [
      "a tensor in the wrong shard",
      { weight_map: { ...map, c: one } },
      /which (it does not name|does not hold it)/
    ],
    [
      "too few tensors",
      { weight_map: { a: one, c: two } },
      /holds tensor b, which it does not name/
    ],
    [
      "another size",
      { metadata: { total_size: 19 }, weight_map: map },
      /19, but the shards hold 18 bytes/
    ],
    [
      "a size that is none",
      { metadata: { total_size: "18" }, weight_map: map },
      /total_size is "18"/
    ],
    ...escapes.map(
      (file) =>
        [
          `the path ${JSON.stringify(file)}`,
          { weight_map: { ...map, a: file } },
          /no file below/
        ] as const
    )
  ]
  it.each(broken)("refuses an index with %s", (_, index, message) => {
    const folder = newFolder()
    const file = writeShards(folder, { shards: sharded, index })
    const error = userError(() => openWeights(file))
    assert.match(error.message, message)
    assert.include(error.message, file)
  })

  it("refuses a tensor that two shards hold", () => {
    const shards = { [one]: { a, b }, [two]: { a, c } }
    const file = writeShards(newFolder(), { shards })
    assert.match(userError(() => openWeights(file)).message, /puts tensor a into .*holds it too/)
  })

  it("refuses a link that leads nowhere", () => {
    const folder = newFolder()
    const file = writeShards(folder, {
      shards: { [one]: { a } },
      index: { weight_map: { a: two } }
    })
    symlinkSync("../blobs/gone", path.join(folder, two))
    assert.match(userError(() => openWeights(file)).hint ?? "", /links/)
  })

  it("reads or refuses a damaged index, and never breaks", () => {
    const folder = newFolder()
    const sound = Buffer.from(JSON.stringify(indexOf(sharded)))
    const file = writeShards(folder, { shards: sharded })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const index = Buffer.from(sound)
          for (const [at, byte] of changes) index[at] = byte
          writeFileSync(file, index)
          try {
            openWeights(file)
          } catch (error) {
            assert.strictEqual((error as Error).name, "UserError", String(error))
          }
        }
      ),
      { numRuns: 300 }
    )
  })
})

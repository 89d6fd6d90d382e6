import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { JsonObject } from "../../src/base/json.ts"
import { UserError } from "../../src/base/user-error.ts"
import { decodeValue, encodeValue, typeOf, widenTo } from "../../src/values/codec.ts"
import { encodeTensorFile } from "../../src/values/tensor-file.ts"
import { parseType, printType } from "../../src/values/type-expression.ts"
import type { Images, Value } from "../../src/values/values.ts"
import { roundTrip, stored } from "./stored-value.ts"

/** Typed arrays as their bits, which `NaN` and negative zero keep. */
const bits = (value: Value) =>
  "data" in value
    ? {
        ...value,
        data: Buffer.from(value.data.buffer, value.data.byteOffset, value.data.byteLength).toString(
          "hex"
        ),
        kind: value.data.constructor.name
      }
    : value

const side = fc.integer({ min: 0, max: 5 })
const range = fc.constantFrom("[-1,1]" as const, "[0,1]" as const)
/** All float32 numbers, also those that are none. */
const floats = (length: number) =>
  fc.float32Array({ minLength: length, maxLength: length }) as fc.Arbitrary<Float32Array>

const image = fc
  .tuple(side, side, side, range)
  .chain(([h, w, c, range]) =>
    floats(h * w * c).map((data) => ({ type: "Image", shape: [h, w, c], range, data }) as const)
  )
const images = fc.tuple(side, side, side, side, range, fc.boolean()).chain(([n, h, w, c, range]) =>
  fc
    .tuple(
      floats(n * h * w * c),
      fc.option(fc.array(fc.string(), { minLength: n, maxLength: n }), { nil: undefined })
    )
    .map(([data, labels]): Images => {
      const [type, shape] = ["Images", [n, h, w, c]] as const
      return labels === undefined
        ? { type, shape, range, data }
        : { type, shape, range, data, labels }
    })
)
const mask = fc
  .tuple(side, side)
  .chain(([h, w]) =>
    fc
      .array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: h * w, maxLength: h * w })
      .map((data) => ({ type: "Mask", shape: [h, w], data: Float32Array.from(data) }) as const)
  )
const tensor = fc.array(side, { maxLength: 3 }).chain((shape) => {
  const size = { length: shape.reduce((product, dim) => product * dim, 1) }
  const lengths = { minLength: size.length, maxLength: size.length }
  return fc
    .oneof(
      fc.float32Array(lengths),
      fc.float64Array(lengths),
      fc.int32Array(lengths),
      fc.uint8Array(lengths)
    )
    .map((data) => ({ type: "Tensor" as const, shape, data }))
})
const fraction = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x + 0)
const schedule = fc
  .array(fc.tuple(fraction, fraction), { minLength: 1, maxLength: 20 })
  .chain((steps) =>
    fc.string().map(
      (kind) =>
        ({
          type: "NoiseSchedule",
          kind,
          betas: steps.map(([beta]) => beta),
          alphaBar: steps.map(([, alphaBar]) => alphaBar)
        }) as const
    )
  )
/** Negative zero has no JSON; texts that read as numbers are refused. */
const number = fc.double().map((x) => (x === 0 ? 0 : x))
const text = fc.string().filter((t) => !["NaN", "Infinity", "-Infinity"].includes(t))
const column = fc.string().filter((c) => c !== "__proto__")
const metrics = fc.record({
  type: fc.constant("Metrics" as const),
  scalars: fc.dictionary(column, number, { noNullPrototype: true }),
  series: fc.array(fc.dictionary(column, fc.oneof(number, text), { noNullPrototype: true }))
})
const table = fc
  .uniqueArray(column, { maxLength: 4 })
  .chain((columns) =>
    fc
      .array(
        fc
          .tuple(
            ...columns.map(() =>
              fc.option(
                fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.constant([1, "a"]))
              )
            )
          )
          .map((cells) =>
            Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? null]))
          )
      )
      .map((rows) => ({ type: "Table" as const, columns, rows }))
  )
const file = fc.record(
  {
    type: fc.constant("File" as const),
    name: fc.constantFrom("a.png", "grids/σ 0.5.png", "a/b/c"),
    mediaType: fc.string(),
    bytes: fc.uint8Array(),
    meta: fc.constant({ shape: [1, 2], of: { range: "[0,1]" } })
  },
  { requiredKeys: ["type", "name", "mediaType", "bytes"], noNullPrototype: true }
)
const anyValue: fc.Arbitrary<Value> = fc.oneof(
  image,
  images,
  mask,
  tensor,
  schedule,
  metrics,
  table,
  file as fc.Arbitrary<Value>
)

describe("encodeValue and decodeValue", () => {
  it("give back every value, bit by bit", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepEqual(bits(roundTrip(value)), bits(value))
      }),
      { numRuns: 500 }
    )
  })

  it("give equal values equal bytes", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepStrictEqual(encodeValue(roundTrip(value)), encodeValue(value))
      })
    )
  })

  it("keep the order of columns, which tables and plots show", () => {
    const value = roundTrip({ type: "Metrics", scalars: {}, series: [{ step: 1, loss: 2, a: 3 }] })
    assert.deepStrictEqual(
      value.type === "Metrics" && value.series.map((row) => Object.keys(row)),
      [["step", "loss", "a"]]
    )
  })
})

describe("typeOf", () => {
  it("is what is stored, and parses", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const { type } = encodeValue(value)
        assert.strictEqual(type, printType(typeOf(value)))
        assert.strictEqual(printType(parseType(type)), type)
      })
    )
  })

  it("is concrete", () => {
    const types = [
      {
        type: "Images",
        shape: [2, 1, 1, 3],
        range: "[0,1]",
        data: new Float32Array(6)
      },
      { type: "NoiseSchedule", kind: "linear", betas: [0.1, 0.2], alphaBar: [0.9, 0.72] },
      { type: "Tensor", shape: [], data: Float32Array.of(1) },
      { type: "Metrics", scalars: {}, series: [] }
    ] as ReadonlyArray<Value>
    assert.deepStrictEqual(
      types.map((value) => printType(typeOf(value))),
      ["Images[2,1,1,3] in [0,1]", "NoiseSchedule[2] towards noise", "Tensor[]", "Metrics"]
    )
  })

  it("refuses what is no value", () => {
    for (const wrong of [undefined, null, 7, {}, { type: "toString" }, { type: "Picture" }]) {
      assert.throws(() => typeOf(wrong as never), TypeError, "not a value")
    }
  })
})

describe("encodeValue", () => {
  const data = new Float32Array(6)
  const wrong: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    [
      "a shape that the data do not fill",
      { type: "Image", shape: [2, 2, 3], range: "[0,1]", data },
      /cannot hold 6/
    ],
    ["a rank", { type: "Image", shape: [2, 3], range: "[0,1]", data }, /cannot hold/],
    ["a range", { type: "Image", shape: [1, 2, 3], range: "[0,255]", data }, /\[0,255\]/],
    [
      "data of another kind",
      { type: "Image", shape: [1, 2, 3], range: "[0,1]", data: new Float64Array(6) },
      /Float32Array/
    ],
    [
      "labels that do not go round",
      { type: "Images", shape: [1, 1, 2, 3], range: "[0,1]", data, labels: ["a", "b"] },
      /2 labels/
    ],
    [
      "a mask outside of 0 to 1",
      { type: "Mask", shape: [1, 2], data: Float32Array.of(0, 1.5) },
      /between 0 and 1/
    ],
    [
      "a mask that is not a number",
      { type: "Mask", shape: [1, 2], data: Float32Array.of(0, Number.NaN) },
      /between 0 and 1/
    ],
    [
      "a schedule without an end",
      { type: "NoiseSchedule", kind: "x", betas: [0.1], alphaBar: [Number.NaN] },
      /timesteps/
    ],
    ["a file above its folder", { type: "File", name: "../a", mediaType: "", bytes: data }, /\.\./],
    [
      "a row with a stray column",
      { type: "Table", columns: ["a"], rows: [{ b: 1 }] },
      /unknown column b/
    ],
    [
      "a text that would come back as a number",
      { type: "Table", columns: ["a"], rows: [{ a: "NaN" }] },
      /read back as a number/
    ]
  ]
  it.each(wrong)("refuses %s", (_, value, message) => {
    assert.throws(() => encodeValue(value as Value), message)
    assert.throws(() => encodeValue(value as Value), TypeError)
  })
})

describe("decodeValue", () => {
  const text = (content: string) => new TextEncoder().encode(content)
  const decode = (
    type: string,
    files: { readonly [name: string]: Uint8Array },
    meta: JsonObject = {}
  ) => decodeValue(stored({ type, meta, files }), (name) => files[name]!)
  const floats = encodeTensorFile(new Float32Array(6), [1, 2, 3])

  const wrong: ReadonlyArray<readonly [string, () => Value, RegExp]> = [
    ["an unknown type", () => decode("Picture", {}), /no type Picture/],
    ["no type", () => decode("", {}), /not a type/],
    ["a missing file", () => decode("Image[1,2,3] in [0,1]", {}), /has no file data.safetensors/],
    ["another shape", () => decode("Image[2,1,3] in [0,1]", floats), /but is Image\[1,2,3\]/],
    ["no range", () => decode("Image[1,2,3]", floats), /no pixel range/],
    ["another rank", () => decode("Mask[2,3]", floats), /3 dimensions/],
    [
      "another dtype",
      () => decode("Mask[1,1]", encodeTensorFile(new Int32Array(1), [1, 1])),
      /not float32/
    ],
    [
      "weights that are none",
      () => decode("Mask[1,1]", encodeTensorFile(Float32Array.of(2), [1, 1])),
      /outside of 0 to 1/
    ],
    [
      "labels that do not go round",
      () =>
        decode("Images[1,1,1,1] in [0,1]", encodeTensorFile(new Float32Array(1), [1, 1, 1, 1]), {
          labels: ["a", "b"]
        }),
      /have the labels/
    ],
    [
      "a schedule that is no JSON",
      () => decode("NoiseSchedule[1] towards noise", { "schedule.json": text("{") }),
      /not JSON/
    ],
    [
      "a schedule of unequal lengths",
      () =>
        decode("NoiseSchedule[1] towards noise", {
          "schedule.json": text('{"kind":"x","betas":[0.1],"alphaBar":[0.9,0.8]}')
        }),
      /1 betas, but 2/
    ],
    [
      "metrics with a text where a number belongs",
      () => decode("Metrics", { "scalars.json": text('{"a":"b"}'), "series.jsonl": text("") }),
      /more than numbers/
    ],
    [
      "a row of metrics that is no object",
      () => decode("Metrics", { "scalars.json": text("{}"), "series.jsonl": text("{}\n[1]\n") }),
      /line 2 of series.jsonl/
    ],
    ["a table without columns", () => decode("Table", { "table.json": text("{}") }), /columns/],
    [
      "a file that leads out of its folder",
      () => decode("File", { content: text("") }, { name: "/etc/x", mediaType: "" }),
      /not relative/
    ]
  ]
  it.each(wrong)("refuses %s", (_, attempt, message) => {
    assert.throws(attempt, message)
    assert.throws(attempt, UserError)
  })
})

describe("widenTo", () => {
  const image: Value = {
    type: "Image",
    shape: [1, 2, 1],
    range: "[0,1]",
    data: Float32Array.of(0, 1)
  }

  it("makes a batch of one of an image", () => {
    assert.deepStrictEqual(widenTo(image, "Images"), {
      ...image,
      type: "Images",
      shape: [1, 1, 2, 1]
    })
  })

  it("leaves a value of the type alone, and refuses others", () => {
    assert.strictEqual(widenTo(image, "Image"), image)
    assert.throws(() => widenTo(image, "Mask"), TypeError)
  })
})

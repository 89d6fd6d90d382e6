import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { execFileSync, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import { decodeValue, encodeValue, typeOf, widenTo } from "../../src/values/codec.ts"
import { printType } from "../../src/values/type-expression.ts"
import { encodeOneTensor } from "../../src/values/tensor-file.ts"
import type {
  Architecture,
  Dataset,
  Model,
  Models,
  TrainingState,
  Value,
  Weight
} from "../../src/values/values.ts"
import { encodeWeights } from "../../src/values/weights-file.ts"
import { temporaryFolder } from "../support/project.ts"
import { roundTrip, stored } from "./stored-value.ts"

const side = fc.integer({ min: 0, max: 4 })
const width = fc.integer({ min: 1, max: 64 })
const range = fc.constantFrom("[-1,1]" as const, "[0,1]" as const)
/** JSON objects cannot tell this name from their own machinery, and numbers would be sorted first. */
const name = fc.string({ minLength: 1 }).filter((n) => !/^(?:__\w+__|\d+)$/.test(n))

const weight: fc.Arbitrary<Weight> = fc
  .tuple(fc.array(side, { maxLength: 3 }), fc.boolean())
  .chain(([shape, counts]) => {
    const length = shape.reduce((product, dim) => product * dim, 1)
    const lengths = { minLength: length, maxLength: length }
    const data: fc.Arbitrary<Weight["data"]> = counts
      ? fc.bigInt64Array(lengths)
      : fc.float32Array(lengths)
    return data.map((data) => ({ shape, data }))
  })
const weights = fc.dictionary(name, weight, { noNullPrototype: true, maxKeys: 6 })

const architecture: fc.Arbitrary<Architecture> = fc
  .record({ channels: width, imageSize: width, imageChannels: width, classes: side })
  .chain((common) =>
    fc
      .constantFrom("none" as const, "multiply" as const, "add" as const, undefined)
      .map((time) =>
        time === undefined
          ? Object.assign({ kind: "classifier" as const }, common)
          : Object.assign({ kind: "unet" as const, time }, common)
      )
  )
const facts = fc.record(
  {
    prediction: fc.constantFrom(
      "epsilon" as const,
      "sample" as const,
      "velocity" as const,
      "logits" as const
    ),
    schedule: fc.constant({ kind: "linear", betas: [0.1, 0.2], alphaBar: [0.9, 0.72] })
  },
  { requiredKeys: [], noNullPrototype: true }
)
const model: fc.Arbitrary<Model> = fc
  .tuple(architecture, range, facts, weights)
  .map(([architecture, range, facts, weights]) =>
    Object.assign({ type: "Model" as const, architecture, range, weights }, facts)
  )
/** The same structure with other numbers. */
const changed = (model: Model, by: number): Model => ({
  ...model,
  weights: Object.fromEntries(
    Object.entries(model.weights).map(([name, { data, shape }]) => [
      name,
      {
        shape,
        data:
          data instanceof BigInt64Array
            ? data.map((x) => BigInt.asIntN(64, x + BigInt(by)))
            : data.map((x) => x + by)
      }
    ])
  )
})
const models: fc.Arbitrary<Models> = fc
  .tuple(model, fc.array(fc.string(), { minLength: 1, maxLength: 4 }))
  .map(([model, labels]) => ({
    type: "Models",
    models: labels.map((label, index) => ({ label, model: changed(model, index) }))
  }))
const trainingState: fc.Arbitrary<TrainingState> = fc
  .tuple(fc.nat(), fc.nat(), weights)
  .map(([epoch, step, tensors]) => ({ type: "TrainingState", epoch, step, tensors }))
const dataset: fc.Arbitrary<Dataset> = fc
  .tuple(side, side, side, side, range, fc.uniqueArray(fc.string(), { maxLength: 4 }), fc.string())
  .chain(([n, h, w, c, range, classes, name]) => {
    const size = n * h * w * c
    return fc
      .tuple(
        fc.uint8Array({ minLength: size, maxLength: size }),
        fc.array(fc.nat({ max: Math.max(0, classes.length - 1) }), { minLength: n, maxLength: n })
      )
      .map(([data, labels]): Dataset => {
        const [type, shape] = ["Dataset", [n, h, w, c]] as const
        return classes.length === 0
          ? { type, name, shape, range, data, classes }
          : { type, name, shape, range, data, classes, labels: Int32Array.from(labels) }
      })
  })
const anyValue: fc.Arbitrary<Value> = fc.oneof(model, models, trainingState, dataset)

const tiny: Model = {
  type: "Model",
  architecture: {
    kind: "unet",
    channels: 4,
    imageSize: 28,
    imageChannels: 1,
    time: "multiply",
    classes: 10
  },
  range: "[0,1]",
  prediction: "velocity",
  weights: {
    "z.weight": { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 0.125, 6) },
    "norm.num_batches_tracked": { shape: [], data: BigInt64Array.of(2n ** 53n + 1n) },
    "a.bias": { shape: [2], data: Float32Array.of(0.25, -0.5) }
  }
}

describe("codecs of datasets, models and training states", () => {
  it("give back every value, bit by bit, and weights in their order", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const back = roundTrip(value)
        assert.deepStrictEqual(back, value)
        if (value.type === "Model" && back.type === "Model") {
          assert.deepStrictEqual(Object.keys(back.weights), Object.keys(value.weights))
        }
      }),
      { numRuns: 300 }
    )
  })

  it("give equal values equal bytes", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepStrictEqual(encodeValue(roundTrip(value)), encodeValue(value))
      })
    )
  })

  it("do not let the order of an architecture's keys into the bytes", () => {
    const { architecture } = tiny
    const turned = Object.fromEntries(Object.entries(architecture).toReversed()) as Architecture
    assert.deepStrictEqual(
      encodeValue({ ...tiny, architecture: turned }).files,
      encodeValue(tiny).files
    )
  })

  it("keep a checkpoint's weights in the bytes of the model's own file, so that a store keeps them once", () => {
    const alone = encodeValue(tiny).files
    const among = encodeValue({
      type: "Models",
      models: [
        { label: "epoch 1", model: changed(tiny, 1) },
        { label: "epoch 2", model: tiny }
      ]
    }).files
    assert.deepStrictEqual(among["1.safetensors"], alone["weights.safetensors"])
    assert.deepStrictEqual(among["model.json"], alone["model.json"])
    assert.notDeepEqual(among["0.safetensors"], among["1.safetensors"])
  })
})

describe("typeOf", () => {
  it("says shape, range, conditioning and prediction of a network", () => {
    const classifier: Model = {
      ...tiny,
      architecture: {
        kind: "classifier",
        channels: 4,
        imageSize: 28,
        imageChannels: 3,
        classes: 10
      },
      prediction: "logits"
    }
    const { prediction: _, ...untrained } = tiny
    const cases: ReadonlyArray<readonly [Value, string]> = [
      [tiny, "Model[28,28,1,10] in [0,1] given time of velocity"],
      [untrained, "Model[28,28,1,10] in [0,1] given time"],
      [
        {
          ...tiny,
          architecture: { ...tiny.architecture, kind: "unet", time: "add", enlarges: 2 }
        },
        "Model[28,28,1,10] in [0,1] given images of velocity"
      ],
      [
        { ...tiny, architecture: { ...tiny.architecture, kind: "unet", time: "none", classes: 0 } },
        "Model[28,28,1,0] in [0,1] given nothing of velocity"
      ],
      [classifier, "Model[28,28,3,10] in [0,1] given nothing of logits"],
      [
        { type: "Models", models: ["a", "b"].map((label) => ({ label, model: tiny })) },
        "Models[2,28,28,1,10] in [0,1] given time of velocity"
      ],
      [
        {
          type: "Dataset",
          name: "d",
          shape: [2, 1, 1, 1],
          range: "[0,1]",
          data: new Uint8Array(2),
          classes: ["a", "b", "c"],
          labels: Int32Array.of(0, 2)
        },
        "Dataset[2,1,1,1,3] in [0,1]"
      ],
      [{ type: "TrainingState", epoch: 1, step: 2, tensors: {} }, "TrainingState"]
    ]
    for (const [value, type] of cases) assert.strictEqual(printType(typeOf(value)), type)
  })

  it("refuses models without a single one", () => {
    assert.throws(() => typeOf({ type: "Models", models: [] }), TypeError, /without a single one/)
  })
})

describe("widenTo", () => {
  it("makes the only checkpoint of a model", () => {
    const widened = widenTo(tiny, "Models")
    assert.deepStrictEqual(widened, { type: "Models", models: [{ label: "", model: tiny }] })
    assert.strictEqual(
      printType(typeOf(widened)),
      "Models[1,28,28,1,10] in [0,1] given time of velocity"
    )
  })
})

const digits: Dataset = {
  type: "Dataset",
  name: "digits",
  shape: [2, 1, 3, 1],
  range: "[0,1]",
  data: Uint8Array.of(0, 1, 2, 3, 4, 5),
  classes: ["zero", "one"],
  labels: Int32Array.of(1, 0)
}
const { labels: _labels, ...unlabelled } = digits

describe("encodeValue", () => {
  const state = { type: "TrainingState", epoch: 1, step: 2, tensors: {} } as const
  const wrong: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ["a dataset that its bytes do not fill", { ...digits, shape: [3, 1, 3, 1] }, /cannot hold 6/],
    ["a dataset of floats", { ...digits, data: new Float32Array(6) }, /Uint8Array/],
    ["a dataset's range", { ...digits, range: "[0,255]" }, /\[0,255\]/],
    ["a class twice", { ...digits, classes: ["a", "a"] }, /class twice/],
    ["a label beyond the classes", { ...digits, labels: Int32Array.of(0, 2) }, /the label 2/],
    ["a label below the classes", { ...digits, labels: Int32Array.of(0, -1) }, /the label -1/],
    ["too few labels", { ...digits, labels: Int32Array.of(0) }, /1 labels/],
    ["labels of another kind", { ...digits, labels: Uint8Array.of(0, 1) }, /Int32Array/],
    ["classes without labels", unlabelled, /needs a label/],
    ["labels without classes", { ...digits, classes: [] }, /without classes/],
    [
      "a weight of another kind",
      { ...tiny, weights: { a: { shape: [1], data: new Float64Array(1) } } },
      /weight a is neither/
    ],
    [
      "a weight that its data do not fill",
      { ...tiny, weights: { a: { shape: [2], data: new Float32Array(1) } } },
      /a\[2\] cannot hold 1/
    ],
    ["an unknown architecture", { ...tiny, architecture: { kind: "mlp" } }, /"mlp"/],
    [
      "a width of none",
      { ...tiny, architecture: { ...tiny.architecture, channels: 0 } },
      /channels is a whole number from 1, not 0/
    ],
    ["an unknown prediction", { ...tiny, prediction: "noise" }, /"noise"/],
    [
      "a schedule that is none",
      { ...tiny, schedule: { kind: "x", betas: [0.1], alphaBar: [] } },
      /noise schedule/
    ],
    [
      "models of two kinds",
      {
        type: "Models",
        models: [
          { label: "a", model: tiny },
          { label: "b", model: { ...tiny, range: "[-1,1]" } }
        ]
      },
      /one architecture/
    ],
    ["a half epoch", { ...state, epoch: 0.5 }, /whole epochs/]
  ]
  it.each(wrong)("refuses %s", (_, value, message) => {
    assert.throws(() => encodeValue(value as Value), message)
    assert.throws(() => encodeValue(value as Value), TypeError)
  })
})

describe("decodeValue", () => {
  const json = (content: unknown) => new TextEncoder().encode(JSON.stringify(content))
  /** The value with some of its files replaced, or taken away. */
  const damaged = (value: Value, files: { readonly [name: string]: Uint8Array | undefined }) => {
    const encoded = encodeValue(value)
    const all = Object.fromEntries(
      Object.entries({ ...encoded.files, ...files }).filter((entry) => entry[1] !== undefined)
    ) as Record<string, Uint8Array>
    return () => decodeValue(stored({ ...encoded, files: all }), (name) => all[name]!)
  }
  const description = JSON.parse(
    new TextDecoder().decode(encodeValue(tiny).files["model.json"])
  ) as Record<string, unknown>
  const models: Models = { type: "Models", models: [{ label: "a", model: tiny }] }
  const state: TrainingState = {
    type: "TrainingState",
    epoch: 1,
    step: 7,
    tensors: { m: { shape: [1], data: Float32Array.of(1) } }
  }
  const wrong: ReadonlyArray<readonly [string, () => Value, RegExp]> = [
    [
      "a model without weights",
      damaged(tiny, { "weights.safetensors": undefined }),
      /has no file weights.safetensors/
    ],
    [
      "a model that lacks a weight",
      damaged(tiny, { "weights.safetensors": encodeWeights({}) }),
      /has no tensor z.weight/
    ],
    [
      "a weight that is not listed",
      damaged(tiny, {
        "weights.safetensors": encodeWeights({
          ...tiny.weights,
          more: { shape: [], data: Float32Array.of(0) }
        })
      }),
      /tensor more that is not listed/
    ],
    [
      "weights of another dtype",
      damaged(tiny, { "weights.safetensors": encodeOneTensor(new Float64Array(1), [1]) }),
      /data is F64; weights are F32 or I64/
    ],
    [
      "weights that are cut off",
      damaged(tiny, {
        "weights.safetensors": encodeValue(tiny).files["weights.safetensors"]!.subarray(0, -1)
      }),
      /weights.safetensors is not a sound safetensors file/
    ],
    [
      "an unknown architecture",
      damaged(tiny, { "model.json": json({ ...description, architecture: { kind: "x" } }) }),
      /model.json: a model's architecture is unet or classifier, not "x"/
    ],
    [
      "another width than its type's",
      damaged(tiny, {
        "model.json": json({
          ...description,
          architecture: { ...tiny.architecture, imageSize: 32 }
        })
      }),
      /but is Model\[32,32,1,10\]/
    ],
    [
      "names twice",
      damaged(tiny, { "model.json": json({ ...description, weights: ["a", "a"] }) }),
      /does not list the names/
    ],
    [
      "a schedule that is none",
      damaged(tiny, { "model.json": json({ ...description, schedule: {} }) }),
      /model.json needs a kind/
    ],
    ["labels that are none", damaged(models, { "labels.json": json([]) }), /labels.json/],
    [
      "a missing checkpoint",
      damaged(models, { "labels.json": json(["a", "b"]) }),
      /has no file 1.safetensors/
    ],
    [
      "a training state without counts",
      damaged(state, { "state.json": json({ epoch: -1, step: 0, tensors: ["m"] }) }),
      /whole numbers/
    ],
    [
      "a dataset without a name",
      damaged(digits, { "dataset.json": json({ range: "[0,1]", classes: [] }) }),
      /needs a name/
    ],
    [
      "a dataset of floats",
      damaged(digits, {
        "images.safetensors": encodeOneTensor(new Float32Array(6), [2, 1, 3, 1])
      }),
      /not uint8/
    ],
    [
      "a dataset of another rank",
      damaged(digits, { "images.safetensors": encodeOneTensor(new Uint8Array(6), [2, 3]) }),
      /cannot hold 6/
    ],
    [
      "labels in several rows",
      damaged(digits, { "labels.safetensors": encodeOneTensor(new Int32Array(2), [1, 2]) }),
      /one row of int32/
    ],
    [
      "labels beyond the classes",
      damaged(digits, { "labels.safetensors": encodeOneTensor(Int32Array.of(0, 9), [2]) }),
      /the label 9/
    ],
    [
      "labels that are missing",
      damaged(digits, { "labels.safetensors": undefined }),
      /no file labels.safetensors/
    ]
  ]
  it.each(wrong)("refuses %s", (_, attempt, message) => {
    assert.throws(attempt, message)
    assert.throws(attempt, UserError)
  })
})

const hasPython = spawnSync("python3", ["--version"]).status === 0

describe("a model's weights", () => {
  // `safetensors.torch.load_file` does the same with torch's dtypes.
  it.skipIf(!hasPython)("are a state dict to a program that shares no code with this one", () => {
    const file = path.join(temporaryFolder(), "weights.safetensors")
    writeFileSync(file, encodeValue(tiny).files["weights.safetensors"]!)
    const script = `
import json, struct, sys
with open(sys.argv[1], "rb") as file:
    length, = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    data = file.read()
kinds = {"F32": "f", "I64": "q"}
def read(entry):
    begin, end = entry["data_offsets"]
    size = {"F32": 4, "I64": 8}[entry["dtype"]]
    return list(struct.unpack(f"<{(end - begin) // size}{kinds[entry['dtype']]}", data[begin:end]))
print(json.dumps({
    name: entry if name == "__metadata__" else [entry["dtype"], entry["shape"], [str(x) for x in read(entry)]]
    for name, entry in header.items()
}))`
    assert.deepStrictEqual(
      JSON.parse(execFileSync("python3", ["-c", script, file], { encoding: "utf8" })),
      {
        __metadata__: { format: "pt" },
        "a.bias": ["F32", [2], ["0.25", "-0.5"]],
        "norm.num_batches_tracked": ["I64", [], [String(2n ** 53n + 1n)]],
        "z.weight": ["F32", [2, 3], ["1.0", "-2.0", "3.5", "0.0", "0.125", "6.0"]]
      }
    )
  })
})

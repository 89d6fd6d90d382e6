import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { UserError } from "../../src/base/user-error.ts"
import { checkWeights } from "../../src/models/check-weights.ts"
import { initialValues } from "../../src/models/initialise.ts"
import {
  batchesTracked,
  fromStateDict,
  type StateDict,
  toStateDict
} from "../../src/models/state-dict.ts"
import { digits } from "../../src/models/unet/config.ts"
import { unet } from "../../src/models/unet/unet.ts"
import { readReference } from "./reference.ts"

const settings = { ...digits, imageSize: 8, channels: 2, time: "add", classes: 3 } as const
const network = unet(settings)
const { parameters } = network
const arrays = initialValues(parameters, 1)

describe("a state dict", () => {
  it("comes back as it went, to the bit", () => {
    const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)]
    const odd = Float32Array.of(Number.NaN, -0, Infinity, 1e-45)
    const oddArrays = {
      ...arrays,
      "enter.conv2.conv.weight": arrays["enter.conv2.conv.weight"]!.map(
        (value, i) => odd[i] ?? value
      )
    }
    const returned = fromStateDict(parameters, toStateDict(parameters, oddArrays, 5))
    assert.deepStrictEqual(Object.keys(returned), Object.keys(arrays))
    for (const [name, values] of Object.entries(oddArrays)) {
      assert.deepStrictEqual(bits(returned[name]!), bits(values), name)
    }
  })
  it("turns the axes as its table says, of any shape", () => {
    const dim = fc.integer({ min: 1, max: 4 })
    fc.assert(
      fc.property(dim, dim, dim, dim, (kh, kw, inputs, outputs) => {
        const shape = [kh, kw, inputs, outputs]
        const parameter = { ...parameters[0]!, name: "filter", shape }
        const filter = Float32Array.from({ length: kh * kw * inputs * outputs }, (_, i) => i)
        const { filter: entry } = toStateDict([parameter], { filter }, 0)
        assert.deepStrictEqual(entry!.shape, [outputs, inputs, kh, kw])
        let at = 0
        for (let o = 0; o < outputs; o++) {
          for (let i = 0; i < inputs; i++) {
            for (let y = 0; y < kh; y++) {
              for (let x = 0; x < kw; x++) {
                assert.strictEqual(entry!.data[at++], ((y * kw + x) * inputs + i) * outputs + o)
              }
            }
          }
        }
      })
    )
  })
  it("has its counters after the statistics that they count, as int64 scalars", () => {
    const entries = toStateDict(parameters, arrays, 5)
    assert.deepStrictEqual(Object.keys(entries).slice(0, 7), [
      "enter.conv1.conv.weight",
      "enter.conv1.conv.bias",
      "enter.conv1.norm.weight",
      "enter.conv1.norm.bias",
      "enter.conv1.norm.running_mean",
      "enter.conv1.norm.running_var",
      "enter.conv1.norm.num_batches_tracked"
    ])
    assert.deepStrictEqual(entries["leave.conv2.norm.num_batches_tracked"], {
      shape: [],
      data: BigInt64Array.of(5n)
    })
    assert.strictEqual(batchesTracked(entries), 5)
    assert.strictEqual(batchesTracked({}), 0)
  })
  it("shares no memory with the values that it was made of", () => {
    const entries = toStateDict(parameters, arrays, 0)
    const returned = fromStateDict(parameters, entries)
    for (const { name } of parameters) {
      assert.notStrictEqual(entries[name]!.data.buffer, arrays[name]!.buffer)
      assert.notStrictEqual(entries[name]!.data.buffer, returned[name]!.buffer)
    }
  })
  it("of PyTorch comes back as it was", () => {
    const reference = readReference("unet/classes")
    const { parameters } = unet(JSON.parse(reference.metadata["config"]!))
    const weights = reference.weights("before")
    assert.deepStrictEqual(toStateDict(parameters, fromStateDict(parameters, weights), 7), weights)
  })
})

describe("weights", () => {
  const entries = toStateDict(parameters, arrays, 3)
  const refused = (weights: StateDict, message: string, hint: string, shown?: string) => {
    let error: unknown
    try {
      checkWeights(network, weights, shown)
    } catch (thrown) {
      error = thrown
    }
    assert.instanceOf(error, UserError)
    assert.strictEqual(error.message, message)
    assert.include(error.hint, hint)
  }

  it("of the network are accepted, with counters or without", () => {
    checkWeights(network, entries)
    const uncounted = Object.entries(entries).filter(([, { shape }]) => shape.length > 0)
    checkWeights(network, Object.fromEntries(uncounted))
  })
  it("that do not fit are refused, each tensor named", () => {
    const { "output.bias": _, ...rest } = entries
    const vector = { shape: [1], data: Float32Array.of(0) }
    const wrong = {
      ...rest,
      "class1.fc1.bias": { shape: [4], data: new BigInt64Array(4) },
      "enter.conv1.norm.weight": { shape: [1, 2], data: Float32Array.of(1, 1) },
      extra: vector
    }
    refused(
      wrong,
      "weights.safetensors do not fit the network: enter.conv1.norm.weight is [1,2] where the network has [2]; output.bias is missing; class1.fc1.bias holds whole numbers; the network has no extra",
      "give the network the settings that the weights were made with",
      "weights.safetensors"
    )
  })
  it("of other settings are refused with what the settings look like", () => {
    const made = (changed: object) => {
      const other = unet({ ...settings, ...changed })
      return toStateDict(other.parameters, initialValues(other.parameters, 1), 0)
    }
    const hintOf = (changed: object) => {
      try {
        checkWeights(network, made(changed))
      } catch (error) {
        return (error as UserError).hint
      }
      return undefined
    }
    assert.match(hintOf({ channels: 4 })!, /they look like channels: 4$/)
    assert.match(hintOf({ imageSize: 12, classes: 0 })!, /look like imageSize: 12, classes: 0$/)
    assert.match(hintOf({ imageChannels: 3 })!, /look like imageChannels: 3$/)
    assert.match(hintOf({ time: "none" })!, /look like time: none$/)
    refused(
      made({ channels: 4 }),
      "the model's weights do not fit the network: enter.conv1.conv.weight is [4,1,3,3] where the network has [2,1,3,3]; enter.conv1.conv.bias is [4] where the network has [2]; enter.conv1.norm.weight is [4] where the network has [2]; enter.conv1.norm.bias is [4] where the network has [2]; enter.conv1.norm.running_mean is [4] where the network has [2]; and 114 more",
      "channels: 4"
    )
  })
  it("of something else altogether are refused as such", () => {
    const other = { "fc.weight": { shape: [1], data: Float32Array.of(0) } }
    assert.throws(() => checkWeights(network, other), UserError, "is missing")
    try {
      checkWeights(network, other)
    } catch (error) {
      assert.include((error as UserError).hint, "not the weights of a U-Net")
    }
  })
  it("that are not finite are refused, each tensor named", () => {
    const spoil = (name: string, values: ReadonlyArray<number>) => {
      const { data, shape } = entries[name]!
      const kept = [...(data as Float32Array)]
      return {
        [name]: { shape, data: Float32Array.from([...values, ...kept.slice(values.length)]) }
      }
    }
    refused(
      {
        ...entries,
        ...spoil("enter.conv1.conv.weight", [1, Number.NaN, Number.NaN]),
        ...spoil("output.bias", [-Infinity])
      },
      "the model's weights are not all finite: enter.conv1.conv.weight holds NaN in 2 of 18 places; output.bias holds nothing but -Infinity",
      "lower learning rate"
    )
  })
})

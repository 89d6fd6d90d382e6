/** Each layer and its gradients against PyTorch's in float64. */
import { assert, describe, it } from "vitest"
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../../src/engine/tf.ts"
import { multiHeadAttention, pixelAttention } from "../../../src/models/layers/attention.ts"
import { batchNormEvaluation, batchNormTraining } from "../../../src/models/layers/batch-norm.ts"
import { gelu } from "../../../src/models/layers/gelu.ts"
import { globalAveragePool } from "../../../src/models/layers/global-average-pool.ts"
import { groupNorm } from "../../../src/models/layers/group-norm.ts"
import { layerNorm } from "../../../src/models/layers/layer-norm.ts"
import { silu } from "../../../src/models/layers/silu.ts"
import { assertAllNear, assertNear, readReference } from "../reference.ts"

const reference = readReference("unet/layers")
const eps = 1e-5
/** Float32 rounding of sums of some tens of values; the cpu backend's erf is within 1.5e-7. */
const tolerance = 2e-6

/** Runs a layer on the inputs that the reference has for it, and compares value and gradients. */
const compare = (
  layer: string,
  names: ReadonlyArray<string>,
  apply: (inputs: Record<string, Tensor>) => Tensor,
  gradientTolerance = tolerance
) =>
  tf.tidy(() => {
    const expected = reference.below(layer)
    const inputs = names.map((name) => expected[name]!)
    const byName = (tensors: ReadonlyArray<Tensor>) =>
      Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
    const { grads, value } = tf.valueAndGrads((...given: Array<Tensor>) => apply(byName(given)))(
      inputs,
      expected["dy"]
    )
    assertNear(value, expected["y"]!, tolerance, layer)
    const wanted = names.map((name) => expected[`d${name}`]!)
    assertAllNear(byName(grads), byName(wanted), gradientTolerance)
  })

const norm = ["x", "gamma", "beta"]
const vector = (tensor: Tensor | undefined) => tensor as Tensor1D
const image = (tensor: Tensor | undefined) => tensor as Tensor4D

describe("the layers and their gradients agree with PyTorch", () => {
  it("batch norm in training, where the mean is fifteen deviations", () => {
    // Centred values of size 2 come from inputs of size 30, which float32 holds to 2e-6.
    compare(
      "batch-norm",
      norm,
      ({ beta, gamma, x }) => batchNormTraining(image(x), vector(gamma), vector(beta), eps).y,
      1e-5
    )
  })
  it("group norm", () => {
    compare("group-norm", norm, ({ beta, gamma, x }) =>
      groupNorm(image(x), vector(gamma), vector(beta), { groups: 3, eps })
    )
  })
  it("layer norm", () => {
    compare("layer-norm", norm, ({ beta, gamma, x }) =>
      layerNorm(x!, vector(gamma), vector(beta), eps)
    )
  })
  it("global average pooling", () => {
    compare("average-pool", ["x"], ({ x }) => globalAveragePool(image(x)))
  })
  it("attention of pixels with a context", () => {
    const names = [...norm, ..."wq bq wk bk wv bv wo bo context wck wcv".split(" ")]
    compare(
      "attention",
      names,
      (given) => {
        const dense = (name: string) => ({
          weight: tf.transpose(given[`w${name}`] as Tensor2D),
          ...(given[`b${name}`] === undefined ? {} : { bias: given[`b${name}`] as Tensor1D })
        })
        return pixelAttention(
          image(given["x"]),
          {
            norm: { gamma: vector(given["gamma"]), beta: vector(given["beta"]) },
            query: dense("q"),
            key: dense("k"),
            value: dense("v"),
            output: dense("o"),
            context: {
              tokens: given["context"] as Tensor3D,
              key: dense("ck"),
              value: dense("cv")
            }
          },
          { heads: 2, groups: 4, eps }
        )
      },
      // The softmax is of scores up to 30.
      2e-5
    )
  })
})

describe.each([
  ["gelu", gelu],
  ["silu", silu]
] as const)("%s", (name, activation) => {
  const expected = reference.below(name)
  const [x, y, dy, dx] = ["x", "y", "dy", "dx"].map((key) => expected[key]!)

  it("agrees with PyTorch element by element, up to the largest numbers", () => {
    const { grad, value } = tf.valueAndGrad((z: Tensor) => activation(z))(x!, dy)
    for (const [got, wanted] of [
      [value, y!],
      [grad, dx!]
    ] as const) {
      const [a, b] = [got.dataSync(), wanted.dataSync()]
      assert.strictEqual(a.length, b.length)
      // Of the value, and absolutely: far on the negative side both are differences of nearly equal numbers.
      for (const [i, want] of b.entries()) {
        assert.closeTo(a[i]!, want, 1e-6 + 1e-6 * Math.abs(want), `at ${x!.dataSync()[i]}`)
      }
    }
  })
})

describe("batch norm", () => {
  const x: Tensor4D = tf.randomNormal([3, 4, 2, 5], 3, 2, "float32", 1)
  const gamma = tf.tensor1d([1, -2, 0.5, 0, 3])
  const beta = tf.tensor1d([0, 1, -1, 2, 0.1])

  it("in evaluation on the batch's own statistics is batch norm in training", () => {
    const { mean, variance, y } = batchNormTraining(x, gamma, beta, eps)
    assertNear(batchNormEvaluation(x, { gamma, beta, mean, variance, eps }), y, tolerance)
  })
  it("takes a bias of the layer before it into account", () => {
    const { mean, variance } = batchNormTraining(x, gamma, beta, eps)
    const bias = tf.tensor1d([0.3, 0, -2, 1, 5])
    const given = { gamma, beta, mean, variance, eps }
    assertNear(
      batchNormEvaluation(x, { ...given, bias }),
      batchNormEvaluation(tf.add(x, bias), given),
      tolerance
    )
  })
  it("keeps the variance of channels whose mean is a thousand deviations", () => {
    const { variance } = batchNormTraining(tf.add(x, 2000), gamma, beta, eps)
    // float32 holds values near 2000 to 1e-4.
    assertNear(variance, tf.moments(x, [0, 1, 2]).variance, 3e-4)
  })
  it("gives its statistics no gradient, and they outlive the tape", () => {
    const before = tf.memory().numTensors
    let kept: ReadonlyArray<Tensor> = []
    const grads = tf.grads((x: Tensor, gamma: Tensor, beta: Tensor) => {
      const { mean, variance, y } = batchNormTraining(
        x as Tensor4D,
        vector(gamma),
        vector(beta),
        eps
      )
      kept = [tf.keep(mean), tf.keep(variance)]
      return tf.sum(tf.mul(y, y))
    })([x, gamma, beta])
    assertNear(kept[0]!, tf.mean(x, [0, 1, 2]), tolerance)
    tf.dispose([...kept, ...grads])
    // The comparison's own mean is left.
    assert.strictEqual(tf.memory().numTensors, before + 1)
  })
})

describe("layers that cannot be built", () => {
  it("say which numbers do not fit", () => {
    const x: Tensor4D = tf.zeros([1, 2, 2, 6])
    const vector: Tensor1D = tf.zeros([6])
    assert.throws(
      () => groupNorm(x, vector, vector, { groups: 4, eps }),
      RangeError,
      "6 channels cannot be normalised in 4 groups"
    )
    const tokens: Tensor3D = tf.zeros([1, 4, 6])
    assert.throws(
      () => multiHeadAttention(tokens, tokens, tokens, 4),
      RangeError,
      "6 channels cannot be split into 4 heads"
    )
  })
})

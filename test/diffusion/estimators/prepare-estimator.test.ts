import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { EstimatingNetwork } from "../../../src/diffusion/estimators/networks/estimating-network.ts"
import { trainedNetwork } from "../../../src/diffusion/estimators/networks/trained.ts"
import { prepareEstimator } from "../../../src/diffusion/estimators/prepare-estimator.ts"
import type { DecompositionParams } from "../../../src/diffusion/estimators/decompositions/decomposition-params.ts"
import { makeView } from "../../../src/diffusion/estimators/views/make-view.ts"
import { inverseOf, see } from "../../../src/diffusion/estimators/views/view.ts"
import type { ViewParams } from "../../../src/diffusion/estimators/views/view-params.ts"
import { gaussianBlur } from "../../../src/diffusion/gaussian-blur.ts"
import { alphaBar, linearBetas } from "../../../src/diffusion/schedule.ts"
import { compute, computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { freshModel } from "../../../src/models/model-value.ts"
import type { Embedding, Estimator, EstimatorTree, Model } from "../../../src/values/values.ts"

const size = 8
const betas = linearBetas(20, 1e-3, 0.2)
const schedule = { kind: "linear", betas: [...betas], alphaBar: [...alphaBar(betas)] }
const model: Model = {
  ...freshModel(
    { kind: "unet", channels: 2, imageSize: size, imageChannels: 1, time: "add", classes: 3 },
    "[-1,1]",
    7
  ),
  prediction: "epsilon",
  schedule
}
const prompts = ["zero", "one", "two", ""]
const embedding: Embedding = {
  type: "Embedding",
  kind: "classes",
  prompts,
  shape: [4, 1, 3],
  data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)
}
const estimatorOf = (
  tree: EstimatorTree,
  networks: Estimator["networks"] = [model]
): Estimator => ({
  type: "Estimator",
  tree,
  networks,
  embeddings: [embedding],
  images: []
})

const open = (network: Estimator["networks"][number]) => trainedNetwork(network as Model)
const at = schedule.alphaBar[11]!
const items = [0, 1, 2]
const images = Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(3.7 * i))
const x = () => tf.tensor4d(images, [3, size, size, 1])

const estimate = (
  estimator: Estimator,
  how: (network: Estimator["networks"][number]) => EstimatingNetwork = open
): Float32Array => {
  const prepared = prepareEstimator(estimator, how)
  try {
    return compute(() => {
      const numbers = tf.tensor1d([...prepared.numbersAt(at)])
      return prepared.evaluate(prepared.weights, prepared.tell(items), x(), numbers).prediction
    })
  } finally {
    prepared.dispose()
  }
}

const leaf = (prompt?: string): EstimatorTree => ({
  kind: "network",
  network: 0,
  ...(prompt === undefined ? {} : { condition: { embedding: 0, prompt } })
})

/** The same by the definitions, one network at a time, with nothing gathered. */
const byDefinition = (tree: EstimatorTree, seen: Tensor4D): Tensor4D => {
  switch (tree.kind) {
    case "network": {
      const network = trainedNetwork(model)
      const told = tree.condition && { embedding, prompt: tree.condition.prompt }
      const condition = tf.tile(network.condition(told)!, [3, 1])
      const time = tf.scalar(network.at(at).time)
      return network.evaluate(network.weights, seen, time, condition).prediction
    }
    case "guided": {
      const u = byDefinition(tree.unconditional, seen)
      return tf.add(u, tf.mul(tf.sub(byDefinition(tree.conditional, seen), u), tree.gamma))
    }
    case "viewed": {
      const view = makeView(tree.view as ViewParams, size, size)
      return see(byDefinition(tree.of, see(seen, view)), inverseOf(view))
    }
    case "average":
      return tree.of
        .map((of, i) => tf.mul<Tensor4D>(byDefinition(of, seen), tree.weights[i]!))
        .reduce((sum, part) => tf.add(sum, part))
    case "converted": {
      const given = byDefinition(tree.of, seen)
      const [signal, noise] = [Math.sqrt(at), Math.sqrt(1 - at)]
      // Velocity is x₀ - ε, and x = √ᾱ x₀ + √(1 - ᾱ) ε.
      const from = tree.of.kind === "converted" ? tree.of.to : "epsilon"
      const epsilon: Tensor4D =
        from === "epsilon"
          ? given
          : from === "sample"
            ? tf.div(tf.sub(seen, tf.mul(given, signal)), noise)
            : tf.div(tf.sub(seen, tf.mul(given, signal)), signal + noise)
      const clean: Tensor4D = tf.div(tf.sub(seen, tf.mul(epsilon, noise)), signal)
      return tree.to === "epsilon" ? epsilon : tree.to === "sample" ? clean : tf.sub(clean, epsilon)
    }
    default: {
      const [first, second] = tree.of.map((of) => byDefinition(of, seen)) as [Tensor4D, Tensor4D]
      const decomposition = tree.decomposition as unknown as DecompositionParams
      const low = (images: Tensor4D): Tensor4D =>
        decomposition.kind === "scale"
          ? tf.mul(images, decomposition.share)
          : gaussianBlur(images, 3, 1)
      return tf.add(low(first), tf.sub(second, low(second)))
    }
  }
}

const view = fc.constantFrom("flip-vertical", "rotate-90", "negative", "inner-circle")
const scale = fc.double({ min: -2, max: 8, noNaN: true })
const { tree: anyTree } = fc.letrec<{ tree: EstimatorTree; node: EstimatorTree }>((tie) => ({
  node: fc.constantFrom(leaf(), leaf("zero"), leaf("one"), leaf("two"), leaf("")),
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie("node"),
    fc.record({
      kind: fc.constant("guided" as const),
      unconditional: tie("tree"),
      conditional: tie("tree"),
      gamma: fc.oneof(scale, fc.constantFrom(0, 1))
    }),
    fc.record({
      kind: fc.constant("viewed" as const),
      view,
      of: tie("tree")
    }),
    fc
      .record({
        share: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        a: tie("tree"),
        b: tie("tree")
      })
      .map(({ a, b, share }) => ({
        kind: "average" as const,
        of: [a, b],
        weights: [share, 1 - share]
      })),
    fc
      .record({
        decomposition: fc.oneof(
          fc.record({
            kind: fc.constant("scale"),
            share: fc.double({ min: 0.1, max: 0.9, noNaN: true })
          }),
          fc.constant({ kind: "frequency-split", kernel: 3, sigma: 1 })
        ),
        a: tie("tree"),
        b: tie("tree")
      })
      .map(({ a, b, decomposition }) => ({
        kind: "components" as const,
        decomposition,
        of: [a, b]
      })),
    // There and back, since branches of one node predict the same.
    fc
      .record({ of: tie("tree"), to: fc.constantFrom("sample" as const, "velocity" as const) })
      .map(({ of, to }) => ({
        kind: "converted" as const,
        to: "epsilon" as const,
        of: { kind: "converted" as const, to, of }
      }))
  )
}))

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe("a prepared estimator", () => {
  it("estimates what its tree says, whatever is gathered", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const found = estimate(estimatorOf(tree))
        const expected = compute(() => byDefinition(tree, x()))
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
        assert.isBelow(largestDifference(found, expected) / largest, 2e-5)
      }),
      { numRuns: 40 }
    )
  }, 60_000)

  it("is with guidance 0 the unconditional estimate, and with 1 the conditional one, to the last bit", () => {
    const guided = (gamma: number): EstimatorTree => ({
      kind: "guided",
      unconditional: leaf(),
      conditional: leaf("one"),
      gamma
    })
    assert.deepStrictEqual(estimate(estimatorOf(guided(0))), estimate(estimatorOf(leaf())))
    assert.deepStrictEqual(estimate(estimatorOf(guided(1))), estimate(estimatorOf(leaf("one"))))
    assert.notDeepEqual(estimate(estimatorOf(guided(2))), estimate(estimatorOf(leaf("one"))))
  })

  it("asks a network once a step, with each question once", () => {
    const batches: Array<number> = []
    const counting = (network: Estimator["networks"][number]): EstimatingNetwork => {
      const opened = open(network)
      return {
        ...opened,
        evaluate: (weights, seen, time, conditions) => {
          batches.push(seen.shape[0])
          return opened.evaluate(weights, seen, time, conditions)
        }
      }
    }
    const guided = (prompt: string): EstimatorTree => ({
      kind: "guided",
      unconditional: leaf(),
      conditional: leaf(prompt),
      gamma: 3
    })
    const hybrid: EstimatorTree = {
      kind: "components",
      decomposition: { kind: "frequency-split", kernel: 3, sigma: 1 },
      of: [guided("one"), guided("two")]
    }
    estimate(estimatorOf(hybrid), counting)
    // Three samples; one, two and the unconditional estimate that both share.
    assert.deepStrictEqual(batches, [9])
  })

  it("tells the same of x in other terms", () => {
    const converted = (
      to: "epsilon" | "sample" | "velocity",
      of: EstimatorTree
    ): EstimatorTree => ({
      kind: "converted",
      to,
      of
    })
    const epsilon = estimate(estimatorOf(leaf("one")))
    for (const through of ["sample", "velocity"] as const) {
      const back = estimate(estimatorOf(converted("epsilon", converted(through, leaf("one")))))
      assert.isBelow(largestDifference(back, epsilon), 1e-5)
    }
    const sample = estimate(estimatorOf(converted("sample", leaf("one"))))
    const expected = images.map((v, i) => (v - Math.sqrt(1 - at) * epsilon[i]!) / Math.sqrt(at))
    assert.isBelow(largestDifference(sample, expected), 1e-5)
  })

  it("takes a flow model at the time with the same ratio of signal to noise", () => {
    const asked: Array<readonly [scaled: number, time: number]> = []
    const flow = (): EstimatingNetwork => ({
      ...trainedNetwork({ ...model, prediction: "velocity" }),
      prediction: "velocity",
      at: (ratio) => trainedFlow.at(ratio),
      evaluate: (_weights, seen: Tensor4D, time: Scalar, _conditions: Tensor | undefined) => {
        asked.push([seen.dataSync()[1]!, time.dataSync()[0]!])
        return { prediction: seen }
      }
    })
    const { schedule: _, ...withoutSchedule } = model
    const trainedFlow = trainedNetwork({ ...withoutSchedule, prediction: "velocity" })
    estimate(estimatorOf(leaf("one")), flow)
    const [signal, noise] = [Math.sqrt(at), Math.sqrt(1 - at)]
    assert.approximately(asked[0]![1], signal / (signal + noise), 1e-6)
    assert.approximately(asked[0]![0], images[1]! / (signal + noise), 1e-6)
  })

  it("averages variances over views, turned back but not turned over", () => {
    const learned = (network: Estimator["networks"][number]): EstimatingNetwork => ({
      ...open(network),
      learnsVariance: true,
      evaluate: (_weights, seen) => ({ prediction: seen, variance: seen })
    })
    const anagram: EstimatorTree = {
      kind: "average",
      weights: [0.5, 0.5],
      of: [leaf("one"), { kind: "viewed", view: "negative", of: leaf("two") }]
    }
    const prepared = prepareEstimator(estimatorOf(anagram), learned)
    const [prediction, variance] = computeAll(() => {
      const numbers = tf.tensor1d([...prepared.numbersAt(at)])
      const found = prepared.evaluate(prepared.weights, prepared.tell(items), x(), numbers)
      return [found.prediction, found.variance!]
    })
    prepared.dispose()
    // The network gives x back: seen through the negative and turned back that is x again, for the variance it is -x.
    assert.deepStrictEqual(prediction, images)
    assert.deepStrictEqual(variance, new Float32Array(images.length))
  })
})

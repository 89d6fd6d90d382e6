import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { decodeValue, encodeValue, typeOf } from "../../../src/values/codec.ts"
import { printType } from "../../../src/values/type-expression.ts"
import type { Estimator, EstimatorTree, Images, Model } from "../../../src/values/values.ts"
import classes from "../../../stages/embed/classes.ts"
import average from "../../../stages/estimate/average.ts"
import cfg from "../../../stages/estimate/cfg.ts"
import components from "../../../stages/estimate/components.ts"
import flipAverage from "../../../stages/estimate/flip-average.ts"
import frequencySplit from "../../../stages/estimate/frequency-split.ts"
import fromVelocity from "../../../stages/estimate/from-velocity.ts"
import leafOf from "../../../stages/estimate/model.ts"
import toVelocity from "../../../stages/estimate/to-velocity.ts"
import diffusion from "../../../stages/sample/diffusion.ts"
import viewAverage from "../../../stages/estimate/view-average.ts"
import { checkStage, runStage } from "../../support/run-stage.ts"
import { unetModel } from "../sample/models.ts"

const schedule = { kind: "linear", betas: [0.1, 0.2], alphaBar: [0.9, 0.72] }
const network = unetModel({ time: "add", classes: 10 }, { prediction: "epsilon", schedule })
const flow = unetModel({ time: "add", classes: 10 }, { prediction: "velocity" })

const embedding = async () => (await runStage(classes, {}, {})).embedding
const leaf = async (prompt: string, model = network): Promise<Estimator> =>
  (
    await runStage(
      leafOf,
      { network: model, conditions: await embedding(), images: undefined },
      { prompt }
    )
  ).estimator
const labelled = (...values: ReadonlyArray<Estimator>) =>
  values.map((value, index) => ({ label: `${index}`, value }))
const failure = async (running: Promise<unknown>) => {
  const error = await running.catch((thrown: unknown) => thrown)
  assert.instanceOf(error, UserError)
  return `${error.message} (${error.hint})`
}

describe("embed/classes", () => {
  it("makes a row a prompt: one-hot, and zeros for none", async () => {
    const { embedding: made } = await runStage(classes, {}, { prompts: ["2", "", "0"] })
    assert.deepStrictEqual(made.shape, [3, 1, 10])
    assert.deepStrictEqual(
      [0, 1, 2].map((row) => Array.from(made.data.subarray(row * 10, row * 10 + 4))),
      [
        [0, 0, 1, 0],
        [0, 0, 0, 0],
        [1, 0, 0, 0]
      ]
    )
  })
  it("refuses what is no class", () => {
    const [issue] = checkStage(classes, { prompts: ["2", "two"] })
    assert.deepStrictEqual(issue?.path, ["prompts", 1])
    assert.match(issue?.message ?? "", /no class "two"/)
  })
})

describe("estimators", () => {
  it("are descriptions: of one network and its conditions, each kept once", async () => {
    const [six, nine, none] = [await leaf("6"), await leaf("9"), await leaf("")]
    const guide = async (conditional: Estimator) =>
      (await runStage(cfg, { conditional, unconditional: none }, { scale: 4, convention: "w" }))
        .estimator
    const { estimator } = await runStage(
      flipAverage,
      { upright: await guide(six), flipped: await guide(nine) },
      { view: "rotate-180" }
    )
    assert.strictEqual(estimator.networks.length, 1)
    assert.strictEqual(estimator.embeddings.length, 1)
    const branch = (prompt: string): EstimatorTree => ({
      kind: "guided",
      gamma: 5,
      unconditional: { kind: "network", network: 0, condition: { embedding: 0, prompt: "" } },
      conditional: { kind: "network", network: 0, condition: { embedding: 0, prompt } }
    })
    assert.deepStrictEqual(estimator.tree, {
      kind: "average",
      weights: [0.5, 0.5],
      of: [branch("6"), { kind: "viewed", view: "rotate-180", of: branch("9") }]
    })
    assert.strictEqual(printType(typeOf(estimator)), "Estimator[8,8,1] in [0,1] of epsilon")
  })

  it("go through the store unchanged", async () => {
    const { estimator } = await runStage(
      frequencySplit,
      { low: await leaf("1"), high: await leaf("2") },
      { kernel: 3, sigma: 1 }
    )
    const encoded = encodeValue(estimator)
    const files = Object.fromEntries(
      Object.entries(encoded.files).map(([name, bytes]) => [
        name,
        { digest: "" as never, sizeBytes: bytes.length }
      ])
    )
    const back = decodeValue({ ...encoded, files }, (name) => encoded.files[name]!)
    assert.deepStrictEqual(back, estimator)
    assert.deepStrictEqual(encodeValue(back), encoded)
  })

  it("compose: an anagram of hybrids", async () => {
    const hybrid = async (low: string, high: string) =>
      (
        await runStage(
          frequencySplit,
          { low: await leaf(low), high: await leaf(high) },
          { kernel: 3, sigma: 1 }
        )
      ).estimator
    const estimators = labelled(await hybrid("1", "2"), await hybrid("3", "4"), await leaf("5"))
    const { estimator } = await runStage(
      viewAverage,
      { estimators },
      {
        views: ["identity", "rotate-90", { kind: "jigsaw", seed: 1 }],
        weights: [2, 1, 1]
      }
    )
    assert.strictEqual(estimator.tree.kind, "average")
    assert.deepStrictEqual((estimator.tree as { weights: unknown }).weights, [0.5, 0.25, 0.25])
  })

  it("are put in order by the names of components and views, or taken as a list", async () => {
    const [one, two, three] = [await leaf("1"), await leaf("2"), await leaf("3")]
    const bands = { decomposition: { kind: "three-bands", kernel: 3, sigmas: [1, 2] } }
    const banded = async (...labels: ReadonlyArray<string>) =>
      runStage(
        components,
        { estimators: [one, two, three].map((value, index) => ({ label: labels[index]!, value })) },
        bands
      )
    const prompts = ({ estimator: { tree } }: { readonly estimator: Estimator }) =>
      tree.kind === "components"
        ? tree.of.map((of) => (of.kind === "network" ? of.condition?.prompt : undefined))
        : []
    assert.deepStrictEqual(prompts(await banded("a.estimator", "b.estimator", "c.estimator")), [
      "1",
      "2",
      "3"
    ])
    assert.deepStrictEqual(prompts(await banded("high", "low", "middle")), ["2", "3", "1"])
    assert.match(
      await failure(banded("high", "low", "c.estimator")),
      /"c.estimator" has no place among low, middle, high \(name all of them/
    )
    const { estimator } = await runStage(
      viewAverage,
      {
        estimators: [
          { label: "negative", value: one },
          { label: "identity", value: two }
        ]
      },
      { views: ["identity", "negative"] }
    )
    const [first, second] = estimator.tree.kind === "average" ? estimator.tree.of : []
    assert.strictEqual(first?.kind === "network" && first.condition?.prompt, "2")
    assert.strictEqual(second?.kind, "viewed")
  })

  it("tell a flow's velocity in other terms, and back", async () => {
    const { estimator } = await runStage(
      fromVelocity,
      { estimator: await leaf("1", flow) },
      { to: "epsilon" }
    )
    assert.strictEqual(printType(typeOf(estimator)), "Estimator[8,8,1] in [0,1] of epsilon")
    const back = await runStage(toVelocity, { estimator }, {})
    assert.strictEqual(printType(typeOf(back.estimator)), "Estimator[8,8,1] in [0,1] of velocity")
  })

  it("of different predictions do not go together", async () => {
    const together = runStage(
      average,
      { estimators: labelled(await leaf("1"), await leaf("1", flow)) },
      {}
    )
    assert.match(
      await failure(together),
      /joins predictions of epsilon and velocity \(bring them to one prediction with estimate\/from-velocity/
    )
  })

  it("ask a network that enlarges about small images, and no other", async () => {
    const model = unetModel(
      { time: "add", classes: 10, enlarges: 2 },
      { prediction: "epsilon", schedule }
    )
    const images: Images = {
      type: "Images",
      shape: [1, 4, 4, 1],
      range: "[0,1]",
      data: new Float32Array(16)
    }
    const ask = async (network: Model, images: Images | undefined, params: object = {}) =>
      runStage(leafOf, { network, conditions: undefined, images }, params)
    const { estimator } = await ask(model, images, { noiseLevel: 1 })
    assert.deepStrictEqual(estimator.tree, {
      kind: "network",
      network: 0,
      enlarge: { images: 0, noiseLevel: 1 }
    })
    assert.match(await failure(ask(model, undefined)), /enlarges images, and none are connected/)
    assert.match(await failure(ask(network, images)), /does not enlarge images \(remove `images`\)/)
    const known = (G: string, images: number) => ({ attributes: { G }, connected: { images } })
    const messages = (G: string, images: number) =>
      checkStage(leafOf, {}, known(G, images)).map(({ message }) => message)
    assert.deepStrictEqual(messages("images", 1), [])
    assert.deepStrictEqual(messages("time", 0), [])
    assert.match(messages("images", 0).join(), /none are connected/)
    assert.match(messages("time", 1).join(), /does not enlarge/)
    assert.match(messages("nothing", 0).join(), /not told the time/)
    const sampled = (estimator: Estimator) =>
      runStage(diffusion, { estimator, schedule: undefined }, { count: 2, timesteps: [1, 0] })
    const { images: large } = await sampled(estimator)
    assert.deepStrictEqual(large.shape, [2, 8, 8, 1])
    const tooLarge = { ...images, shape: [1, 8, 8, 1] as const, data: new Float32Array(64) }
    assert.match(
      await failure(sampled((await ask(model, tooLarge, { noiseLevel: 1 })).estimator)),
      /enlarges images of 4 × 4 pixels, and these have 8 × 8 \(make them smaller with image\/resize, `size: 4`\)/
    )
    assert.match(
      await failure(sampled((await ask(model, images)).estimator)),
      /no noise level 250 \(its timesteps are 0 to 1\)/
    )
  })

  it("are refused without the condition that they name, and for the wrong number of branches", async () => {
    const conditions = await embedding()
    assert.match(
      await failure(
        runStage(leafOf, { network, conditions, images: undefined }, { prompt: "seven" })
      ),
      /no condition for the prompt "seven" \(there are "0", "1"/
    )
    const one = { connected: { estimators: 1 } }
    const messages = (issues: ReturnType<typeof checkStage>) => issues.map((issue) => issue.message)
    assert.deepStrictEqual(
      messages(checkStage(viewAverage, { views: ["identity", "negative"] }, one)),
      ["2 views are not for 1 estimators"]
    )
    const bands = { decomposition: { kind: "three-bands", kernel: 3, sigmas: [1, 2] } }
    assert.deepStrictEqual(messages(checkStage(components, bands, one)), [
      "three-bands has 3 components (low, middle, high), and 1 estimators are connected"
    ])
    assert.match(
      checkStage(viewAverage, { views: ["rotate-90"] }, { ...one, dims: { H: 8, W: 6 } })[0]!
        .message,
      /square images/
    )
    assert.deepStrictEqual(
      messages(checkStage(viewAverage, { views: ["identity"], weights: [1, 2] }, one)),
      ["2 weights are not for 1 estimators"]
    )
    assert.deepStrictEqual(messages(checkStage(average, { weights: [1, 2] }, one)), [
      "2 weights are not for 1 estimators"
    ])
    assert.match(
      checkStage(leafOf, {}, { connected: { conditions: 1 } })[0]!.message,
      /conditions are connected, and no prompt says which/
    )
  })
})

/**
 * Makes an estimator's tree ready for samplers: what it asks of which network, gathered so that all branches of a step go through a
 * network in one batch.
 */
import type { Scalar, Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../base/json.ts"
import { UserError } from "../../base/user-error.ts"
import { tf } from "../../engine/tf.ts"
import type { State } from "../../models/parameters.ts"
import { branchesOf, predictionOf } from "../../values/estimator-tree.ts"
import type { Estimator, EstimatorTree, Images } from "../../values/values.ts"
import type { Prediction } from "../stepping/prediction.ts"
import { combined } from "./combine.ts"
import type { Beside, EstimatingNetwork, NetworkEstimate } from "./networks/estimating-network.ts"
import { numbersOf, takenInTurn } from "./numbers.ts"
import { pruned } from "./prune.ts"
import { type Question, questionKey, questionsOf } from "./questions.ts"
import { namedViews } from "./views/named-views.ts"

/** What the networks of an estimator are told of some samples; belongs to the caller. */
export interface Told {
  /** By question, `[N,…]`. */
  readonly conditions: Readonly<Record<string, Tensor>>
  /** Small images of networks that enlarge, enlarged and with noise, by question. */
  readonly small: Readonly<Record<string, Beside>>
}

export interface PreparedEstimator {
  readonly prediction: Prediction
  readonly learnsVariance: boolean
  /** ᾱ of the timesteps of each network that has a schedule, each table once; none when all are of straight paths. */
  readonly schedules: ReadonlyArray<ReadonlyArray<number>>
  /** Of one image. */
  readonly shape: readonly [height: number, width: number, channels: number]
  /** Equal for estimators whose `evaluate` does the same. */
  readonly key: string
  /** The networks' tensors, which stay theirs. */
  readonly weights: ReadonlyArray<State>
  /** 1 where a sample may be asked about alone: then it has the same bits as among others. */
  readonly leastBatch: 1 | 2
  /** Whether its steps are to be recorded (`compile`): so for all of its networks. */
  readonly recorded: boolean
  /**
   * @param items the numbers of the samples in a batch
   * @param noise from N(0, I), of the samples' shape, from the stream of this name; a new tensor. Networks that enlarge need it
   * @throws UserError when a network enlarges and there is no noise
   */
  readonly tell: (items: ReadonlyArray<number>, noise?: (stream: string) => Tensor4D) => Told
  /** What changes from step to step. @param alphaBar of the noise level of x */
  readonly numbersAt: (alphaBar: number) => ReadonlyArray<number>
  /**
   * The estimate at x. Pure, so that it can be recorded.
   *
   * @param x `[N,H,W,C]` in the scale of √ᾱ x₀ + √(1 - ᾱ) ε
   * @param numbers those of `numbersAt`, float32
   */
  readonly evaluate: (
    weights: ReadonlyArray<State>,
    told: Told,
    x: Tensor4D,
    numbers: Tensor1D
  ) => NetworkEstimate
  readonly dispose: () => void
}

/**
 * @param open makes a network of a value; what it opens is closed by `dispose`
 * @throws UserError when a network cannot be asked what the tree asks
 */
export const prepareEstimator = (
  estimator: Estimator,
  open: (network: Estimator["networks"][number]) => EstimatingNetwork
): PreparedEstimator => {
  const tree = pruned(estimator.tree)
  const networks = estimator.networks.map(open)
  try {
    return prepared(estimator, tree, networks)
  } catch (error) {
    for (const { weights } of networks) tf.dispose(weights)
    throw error
  }
}

const prepared = (
  estimator: Estimator,
  tree: EstimatorTree,
  networks: ReadonlyArray<EstimatingNetwork>
): PreparedEstimator => {
  const shape = shapeOf(estimator.networks[0]!)
  const prediction = predictionOf({ ...estimator, tree })
  if (prediction === undefined) throw new RangeError("an estimator's network was never trained")
  const questions = questionsOf(tree)
  const byKey = new Map(questions.map((question) => [questionKey(question), question]))
  const keys = [...byKey.keys()].toSorted()
  const allViews = questions.flatMap((question) => question.views)
  const views = namedViews(allViews, shape[0], shape[1])
  const conditions = new Map(
    [...byKey].map(([key, { leaf, network }]) => {
      const { condition } = leaf
      const told =
        condition === undefined
          ? undefined
          : { embedding: estimator.embeddings[condition.embedding]!, prompt: condition.prompt }
      return [key, networks[network]!.condition(told)] as const
    })
  )
  checkQuestions([...byKey.values()], networks, conditions)
  const numbers = numbersOf(tree, networks)
  return {
    prediction,
    learnsVariance: [...byKey.values()].every(({ network }) => networks[network]!.learnsVariance),
    schedules: [
      ...new Map(
        networks.flatMap(({ alphaBar: table }) =>
          table === undefined ? [] : [[table.join(), table]]
        )
      ).values()
    ],
    shape,
    key: canonicalJson({ tree, networks: networks.map(({ key }) => key) }),
    weights: networks.map(({ weights }) => weights),
    // Networks are given two images at least; a decomposition's blur is of the samples alone.
    leastBatch: decomposes(tree) ? 2 : 1,
    recorded: networks.every(({ recorded }) => recorded),
    tell: (items, noise) => ({
      conditions: Object.fromEntries(
        keys.flatMap((key) => {
          const condition = conditions.get(key)
          return condition === undefined ? [] : [[key, repeated(condition, items.length)]]
        })
      ),
      small: Object.fromEntries(
        keys.flatMap((key) => {
          const { leaf, network, views: seen } = byKey.get(key)!
          if (leaf.enlarge === undefined) return []
          const { images, noiseLevel } = leaf.enlarge
          const { enlarge, toldLevel } = networks[network]!
          const large = tf.tidy(() => {
            const small = smallImages(estimator.images[images]!, items)
            return views.through(enlarge!(small, noiseLevel, drawnBy(noise)), seen)
          })
          const level = toldLevel!(noiseLevel)
          return [[key, { images: large, noiseLevels: tf.tensor1d(items.map(() => level)) }]]
        })
      )
    }),
    numbersAt: (alphaBar) => numbers.map((number) => number(alphaBar)),
    evaluate: (weights, told, x, values) => {
      const number = takenInTurn(values)
      const seen = networks.map(() => ({ scale: number(), time: number() }))
      const answers = new Map<string, NetworkEstimate>()
      for (const [index, network] of networks.entries()) {
        const asked = keys.filter((key) => byKey.get(key)!.network === index)
        if (asked.length === 0) continue
        const scaled = tf.mul<Tensor4D>(x, seen[index]!.scale)
        const inputs = asked.map((key) => views.through(scaled, byKey.get(key)!.views))
        const all = <T extends Tensor>(tensors: ReadonlyArray<T | undefined>) => {
          const there = tensors.filter((tensor) => tensor !== undefined)
          return there.length === 0 ? undefined : tf.concat<T>(there, 0)
        }
        const answer = evaluateTogether(network, weights[index]!, {
          x: all(inputs)!,
          time: seen[index]!.time,
          conditions: all(asked.map((key) => told.conditions[key])),
          beside: besideOf(asked.flatMap((key) => told.small[key] ?? []))
        })
        const parts = tf.split<Tensor4D>(answer.prediction, asked.length, 0)
        const variances =
          answer.variance === undefined ? [] : tf.split<Tensor4D>(answer.variance, asked.length, 0)
        for (const [place, key] of asked.entries()) {
          answers.set(key, {
            prediction: parts[place]!,
            ...(variances[place] === undefined ? {} : { variance: variances[place] })
          })
        }
      }
      return combined(tree, [], { answers, number, views, x })
    },
    dispose: () => {
      for (const { weights } of networks) tf.dispose(weights)
      tf.dispose([...conditions.values()].filter((tensor) => tensor !== undefined))
    }
  }
}

/**
 * A network's answer to a batch. A single image is given to it twice: its convolutions would have other roundings than among others
 * (`equal-batches.ts`).
 */
const evaluateTogether = (
  network: EstimatingNetwork,
  weights: State,
  {
    beside,
    conditions,
    time,
    x
  }: {
    readonly x: Tensor4D
    readonly time: Scalar
    readonly conditions: Tensor | undefined
    readonly beside: Beside | undefined
  }
): NetworkEstimate => {
  if (x.shape[0] > 1) return network.evaluate(weights, x, time, conditions, beside)
  const twice = <T extends Tensor>(tensor: T): T => tf.concat<T>([tensor, tensor], 0)
  const answer = network.evaluate(
    weights,
    twice(x),
    time,
    conditions && twice(conditions),
    beside && { images: twice(beside.images), noiseLevels: twice(beside.noiseLevels) }
  )
  const once = (tensor: Tensor4D) => tf.slice(tensor, 0, 1)
  return {
    prediction: once(answer.prediction),
    ...(answer.variance === undefined ? {} : { variance: once(answer.variance) })
  }
}

const decomposes = (tree: EstimatorTree): boolean =>
  tree.kind === "components" || branchesOf(tree).some(decomposes)

const shapeOf = (
  network: Estimator["networks"][number]
): readonly [height: number, width: number, channels: number] => {
  const { imageChannels, imageSize } = network.type === "Model" ? network.architecture : network
  return [imageSize, imageSize, imageChannels]
}

/** `[1,…]` as `[N,…]`. */
const repeated = (condition: Tensor, count: number): Tensor =>
  tf.tile(condition, [count, ...condition.shape.slice(1).map(() => 1)])

/** Each item's own image, or the only one. */
const smallImages = (
  { data, shape: [count, ...shape] }: Images,
  items: ReadonlyArray<number>
): Tensor4D => {
  const size = shape[0] * shape[1] * shape[2]
  const chosen = new Float32Array(items.length * size)
  for (const [place, item] of items.entries()) {
    const from = count === 1 ? 0 : item
    if (from >= count) {
      throw new UserError(`there are ${count} images to enlarge, and none for sample ${from}`, {
        hint: "give one image for each sample, or one for all",
        exitCode: 1
      })
    }
    chosen.set(data.subarray(from * size, (from + 1) * size), place * size)
  }
  return tf.tensor4d(chosen, [items.length, ...shape])
}

/** The random stream of the noise on small images; sample k has its item k, whatever else is sampled. */
const smallStream = "small image noise"

const drawnBy = (noise: ((stream: string) => Tensor4D) | undefined): Tensor4D => {
  if (noise !== undefined) return noise(smallStream)
  throw new UserError("the estimator's network enlarges images, to which noise has to be added", {
    hint: "use it in a stage that draws noise, such as sample/diffusion",
    exitCode: 1
  })
}

/** Of several questions in one batch. */
const besideOf = (all: ReadonlyArray<Beside>): Beside | undefined =>
  all.length === 0
    ? undefined
    : {
        images: tf.concat(
          all.map(({ images }) => images),
          0
        ),
        noiseLevels: tf.concat(
          all.map(({ noiseLevels }) => noiseLevels),
          0
        )
      }

/** @throws UserError when a network would be asked what it cannot be */
const checkQuestions = (
  questions: ReadonlyArray<Question>,
  networks: ReadonlyArray<EstimatingNetwork>,
  conditions: ReadonlyMap<string, Tensor | undefined>
): void => {
  const told = new Map<number, string>()
  for (const question of questions) {
    const { leaf, network } = question
    const enlarges = networks[network]!.enlarge !== undefined
    if (enlarges !== (leaf.enlarge !== undefined)) {
      throw new UserError(
        enlarges
          ? "a network that enlarges is asked without images"
          : "a network that does not enlarge is given images",
        { hint: "connect `images` of estimate/model exactly for a network that enlarges" }
      )
    }
    const shape = (conditions.get(questionKey(question))?.shape ?? []).join(" × ")
    const other = told.get(network) ?? shape
    told.set(network, shape)
    if (shape !== other) {
      throw new UserError(
        `a network is told conditions of ${other} and of ${shape} numbers in one step`,
        { hint: "make all of its conditions with one encoder, and with as many tokens" }
      )
    }
  }
}

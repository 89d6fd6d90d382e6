/** The numbers of an estimate that change from step to step. */
import type { Scalar, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import type { EstimatorTree } from "../../values/values.ts"
import {
  type Conversion,
  epsilonFrom,
  type Prediction,
  sampleFrom,
  velocityFrom
} from "../stepping/prediction.ts"
import type { EstimatingNetwork } from "./networks/estimating-network.ts"

/** The numbers that change from step to step, in the order in which `evaluate` takes them. */
export const numbersOf = (
  tree: EstimatorTree,
  networks: ReadonlyArray<EstimatingNetwork>
): ReadonlyArray<(alphaBar: number) => number> => [
  ...networks.flatMap(({ at }) => [
    (alphaBar: number) => at(alphaBar).scale,
    (alphaBar: number) => at(alphaBar).time
  ]),
  ...numbersIn(tree, networks)
]

const numbersIn = (
  tree: EstimatorTree,
  networks: ReadonlyArray<EstimatingNetwork>
): ReadonlyArray<(alphaBar: number) => number> => {
  switch (tree.kind) {
    case "network":
      return []
    case "guided":
      return [
        ...numbersIn(tree.unconditional, networks),
        ...numbersIn(tree.conditional, networks),
        () => tree.gamma
      ]
    case "viewed":
      return numbersIn(tree.of, networks)
    case "converted": {
      const from = branchPrediction(tree.of, networks)
      const convert = conversions[tree.to]
      return [
        ...numbersIn(tree.of, networks),
        (alphaBar) => convert(from, alphaBar).inputScale,
        (alphaBar) => convert(from, alphaBar).predictionScale
      ]
    }
    default:
      return tree.of.flatMap((branch) => numbersIn(branch, networks))
  }
}

const conversions: {
  readonly [P in Prediction]: (from: Prediction, alphaBar: number) => Conversion<number>
} = { epsilon: epsilonFrom, sample: sampleFrom, velocity: velocityFrom }

const branchPrediction = (
  tree: EstimatorTree,
  networks: ReadonlyArray<EstimatingNetwork>
): Prediction => {
  switch (tree.kind) {
    case "network":
      return networks[tree.network]!.prediction
    case "converted":
      return tree.to
    case "guided":
      return branchPrediction(tree.conditional, networks)
    case "viewed":
      return branchPrediction(tree.of, networks)
    default:
      return branchPrediction(tree.of[0]!, networks)
  }
}

/** Gives out the numbers one after another, as scalars. */
export const takenInTurn = (numbers: Tensor1D): (() => Scalar) => {
  let next = 0
  return () => tf.reshape(tf.slice(numbers, next++, 1), []) as Scalar
}

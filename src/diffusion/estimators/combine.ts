/** Answers of networks, put together as an estimator's tree says. */
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import type { EstimatorTree } from "../../values/values.ts"
import { guide } from "../guidance.ts"
import { recompose } from "./decompositions/decomposition.ts"
import type { DecompositionParams } from "./decompositions/decomposition-params.ts"
import { makeDecomposition } from "./decompositions/make-decomposition.ts"
import type { NetworkEstimate } from "./networks/estimating-network.ts"
import { questionKey } from "./questions.ts"
import type { NamedViews } from "./views/named-views.ts"
import { inverseOf, see } from "./views/view.ts"
import type { ViewParams } from "./views/view-params.ts"

export interface Combining {
  readonly answers: ReadonlyMap<string, NetworkEstimate>
  readonly number: () => Scalar
  readonly views: NamedViews
  readonly x: Tensor4D
}

/**
 * The estimate of a branch. Of variances, guidance takes the conditional one (diffusers' IF pipelines); averages and components
 * take the mean, as Geng, Park & Owens 2024 (arXiv:2311.17919) do in their code.
 */
export const combined = (
  tree: EstimatorTree,
  views: ReadonlyArray<ViewParams>,
  context: Combining
): NetworkEstimate => {
  const branch = (of: EstimatorTree, seen = views) => combined(of, seen, context)
  switch (tree.kind) {
    case "network":
      return context.answers.get(questionKey({ leaf: tree, views }))!
    case "guided": {
      const [without, told] = [branch(tree.unconditional), branch(tree.conditional)]
      const prediction = guide(without.prediction, told.prediction, context.number())
      return { ...told, prediction }
    }
    case "viewed": {
      const view = inverseOf(context.views.of(tree.view as ViewParams))
      const { prediction, variance } = branch(tree.of, [...views, tree.view as ViewParams])
      return {
        prediction: see(prediction, view),
        ...(variance === undefined ? {} : { variance: see(variance, view, false) })
      }
    }
    case "converted": {
      const { prediction, variance } = branch(tree.of)
      const [ofState, ofPrediction] = [context.number(), context.number()]
      const x = context.views.through(context.x, views)
      return {
        prediction: tf.add<Tensor4D>(tf.mul(x, ofState), tf.mul(prediction, ofPrediction)),
        ...(variance === undefined ? {} : { variance })
      }
    }
    case "average": {
      const branches = tree.of.map((of) => branch(of))
      const mean = (tensors: ReadonlyArray<Tensor4D>) =>
        tensors
          .map((tensor, index) => tf.mul<Tensor4D>(tensor, tree.weights[index]!))
          .reduce((sum, tensor) => tf.add(sum, tensor))
      return withVariance(mean(branches.map(({ prediction }) => prediction)), branches, mean)
    }
    default: {
      const branches = tree.of.map((of) => branch(of))
      const decomposition = makeDecomposition(tree.decomposition as unknown as DecompositionParams)
      const prediction = recompose(
        decomposition,
        branches.map((estimate) => estimate.prediction)
      )
      return withVariance(prediction, branches, (tensors) =>
        tf.div(
          tensors.reduce((sum, tensor) => tf.add(sum, tensor)),
          tensors.length
        )
      )
    }
  }
}

const withVariance = (
  prediction: Tensor4D,
  branches: ReadonlyArray<NetworkEstimate>,
  mean: (tensors: ReadonlyArray<Tensor4D>) => Tensor4D
): NetworkEstimate => {
  const variances = branches.flatMap(({ variance }) => variance ?? [])
  return variances.length === branches.length
    ? { prediction, variance: mean(variances) }
    : { prediction }
}

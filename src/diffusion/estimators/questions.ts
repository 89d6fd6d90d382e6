/** What an estimator asks of its networks at each step. */
import { canonicalJson } from "../../base/json.ts"
import type { EstimatorTree } from "../../values/values.ts"
import type { ViewParams } from "./views/view-params.ts"

/** One thing that a network is asked at each step. */
export interface Question {
  readonly network: number
  readonly leaf: Extract<EstimatorTree, { readonly kind: "network" }>
  readonly views: ReadonlyArray<ViewParams>
}

export const questionsOf = (
  tree: EstimatorTree,
  views: ReadonlyArray<ViewParams> = []
): ReadonlyArray<Question> => {
  switch (tree.kind) {
    case "network":
      return [{ network: tree.network, leaf: tree, views }]
    case "guided":
      return [...questionsOf(tree.unconditional, views), ...questionsOf(tree.conditional, views)]
    case "viewed":
      return questionsOf(tree.of, [...views, tree.view as ViewParams])
    case "converted":
      return questionsOf(tree.of, views)
    default:
      return tree.of.flatMap((branch) => questionsOf(branch, views))
  }
}

/** The same for branches that ask the same, which is asked once. */
export const questionKey = ({ leaf, views }: Pick<Question, "leaf" | "views">): string =>
  canonicalJson({ ...leaf, views })

/** Weights of an average, as a parameter. */
import * as Schema from "effect/Schema"
import { UserError } from "../../base/user-error.ts"

export const WeightsParam = Schema.optionalKey(
  Schema.Array(Schema.Finite)
    .check(
      Schema.makeFilter((weights) => weights.reduce((sum, weight) => sum + weight, 0) !== 0, {
        message: "expected weights whose sum is not 0"
      })
    )
    .annotate({
      description: "One for each estimator; divided by their sum. Left out, all count alike."
    })
)

/** @param count of estimators, as far as it is known */
export const weightsIssues = (weights: ReadonlyArray<number> | undefined, count: number) =>
  weights === undefined || weights.length === count
    ? []
    : [
        {
          path: ["weights"],
          message: `${weights.length} weights are not for ${count} estimators`,
          hint: "give one for each, or leave them out"
        }
      ]

/**
 * With a sum of 1.
 *
 * @throws UserError when there are not as many as estimators
 */
export const weightsFor = (
  weights: ReadonlyArray<number> | undefined,
  count: number
): ReadonlyArray<number> => {
  const [issue] = weightsIssues(weights, count)
  if (issue !== undefined) throw new UserError(issue.message, { hint: issue.hint })
  const given = weights ?? Array.from({ length: count }, () => 1)
  const sum = given.reduce((total, weight) => total + weight, 0)
  return given.map((weight) => weight / sum)
}

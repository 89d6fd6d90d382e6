/** Which of several estimators is which. */
import { UserError } from "../../base/user-error.ts"
import type { Estimator } from "../../values/values.ts"

interface Labelled {
  readonly label: string
  readonly value: Estimator
}

/**
 * In the order of the names: estimators whose labels are these names, as those of a map in YAML may be, are put in it; others are in it
 * already.
 *
 * @param names such as those of components
 * @throws UserError when only some of the labels are names
 */
export const inOrderOf = (
  names: ReadonlyArray<string>,
  estimators: ReadonlyArray<Labelled>
): ReadonlyArray<Estimator> => {
  const labels = estimators.map(({ label }) => label)
  const other = labels.find((label) => !names.includes(label))
  if (labels.every((label) => !names.includes(label))) return estimators.map(({ value }) => value)
  if (other !== undefined || new Set(names).size !== names.length) {
    throw new UserError(
      `the estimator ${JSON.stringify(other ?? labels[0])} has no place among ${names.join(", ")}`,
      {
        hint: `name all of them by ${names.join(", ")}, or none: a list is taken in this order`,
        exitCode: 1
      }
    )
  }
  return names.map((name) => estimators.find(({ label }) => label === name)!.value)
}

import { nearest } from "../base/nearest.ts"
import { UserError } from "../base/user-error.ts"
import type { Dataset } from "../values/values.ts"

/**
 * Indices of classes by their names, in the order of the classes.
 *
 * @throws UserError naming the first that the data set does not have
 */
export const classesNamed = (
  { classes, name }: Pick<Dataset, "classes" | "name">,
  wanted: ReadonlyArray<string | number>
): ReadonlyArray<number> => {
  const names = wanted.map(String)
  const unknown = names.find((text) => !classes.includes(text))
  if (unknown !== undefined) {
    const similar = nearest(unknown, classes)
    throw new UserError(`${name} has no class ${unknown}`, {
      exitCode: 1,
      hint:
        classes.length === 0
          ? "its images have no labels"
          : similar === undefined
            ? `its classes are ${classes.join(", ")}`
            : `did you mean ${similar}?`
    })
  }
  return [...classes.keys()].filter((index) => names.includes(classes[index]!))
}

/** A tree of estimators as lines, each branch indented below what it belongs to. */
import type { Json, JsonObject } from "../../base/json.ts"
import { branchesOf } from "../../values/estimator-tree.ts"
import type { EstimatorTree } from "../../values/values.ts"

export const outlineOf = (tree: EstimatorTree): ReadonlyArray<string> => [
  describe(tree),
  ...branchesOf(tree).flatMap((branch) => outlineOf(branch).map((line) => `  ${line}`))
]

const describe = (tree: EstimatorTree): string => {
  switch (tree.kind) {
    case "network": {
      const { condition, enlarge, network } = tree
      const told = condition === undefined ? "no condition" : JSON.stringify(condition.prompt)
      const given = enlarge === undefined ? "" : `, enlarging at noise level ${enlarge.noiseLevel}`
      return `network ${network}: ${told}${given}`
    }
    case "guided":
      return `guided, γ = ${tree.gamma}: without, then with the condition`
    case "viewed":
      return `seen through ${settings(tree.view)}`
    case "average":
      return `average of ${tree.weights.map((weight) => `${Number(weight.toPrecision(4))}`).join(", ")}`
    case "components":
      return `components: ${settings(tree.decomposition)}`
    default:
      return `as ${tree.to}`
  }
}

/** `frequency-split (kernel 9, sigma 2)` */
const settings = (given: Json): string => {
  if (typeof given !== "object" || given === null) return String(given)
  const { kind, ...rest } = given as JsonObject
  const facts = Object.entries(rest).flatMap(([name, value]) =>
    typeof value === "number" || typeof value === "string"
      ? [`${name} ${value}`]
      : Array.isArray(value)
        ? [`${name} ${value.join(", ")}`]
        : []
  )
  const name = typeof kind === "string" ? kind : JSON.stringify(kind)
  return facts.length === 0 ? name : `${name} (${facts.join(", ")})`
}

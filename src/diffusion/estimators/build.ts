/** Making estimators of estimators: their networks and embeddings are joined, each once. */
import { canonicalJson } from "../../base/json.ts"
import { UserError } from "../../base/user-error.ts"
import { predictionOf, treeProblem } from "../../values/estimator-tree.ts"
import type {
  Embedding,
  Estimator,
  EstimatorTree,
  Images,
  Model,
  Pretrained
} from "../../values/values.ts"

/**
 * An estimator whose tree is made of the others' trees.
 *
 * @throws UserError when the parts do not go together
 */
export const joined = (
  parts: ReadonlyArray<Estimator>,
  tree: (trees: ReadonlyArray<EstimatorTree>) => EstimatorTree
): Estimator => {
  const networks: Array<Model | Pretrained> = []
  const embeddings: Array<Embedding> = []
  const images: Array<Images> = []
  const trees = parts.map((part) =>
    renumbered(part.tree, {
      network: part.networks.map((one) => placeOf(networks, one)),
      embedding: part.embeddings.map((one) => placeOf(embeddings, one)),
      images: part.images.map((one) => placeOf(images, one))
    })
  )
  const whole: Estimator = { type: "Estimator", tree: tree(trees), networks, embeddings, images }
  const problem = treeProblem(whole)
  if (problem === undefined) return whole
  const predictions = new Set(parts.map((part) => predictionOf(part)))
  throw new UserError(`these estimators do not go together: ${problem}`, {
    hint:
      predictions.size > 1
        ? "bring them to one prediction with estimate/from-velocity or estimate/to-velocity"
        : "use networks for images of one size and pixel range"
  })
}

/** Equal values are one, wherever they came from. */
const placeOf = <V extends Model | Pretrained | Embedding | Images>(
  all: Array<V>,
  one: V
): number => {
  const found = all.findIndex((other) => other === one || alike(other, one))
  if (found >= 0) return found
  all.push(one)
  return all.length - 1
}

type Part = Model | Pretrained | Embedding | Images

const alike = (a: Part, b: Part): boolean => {
  if (a.type !== b.type) return false
  if (a.type === "Model" && b.type === "Model") {
    const { weights: mine, ...rest } = a
    const { weights: theirs, ...others } = b
    return (
      canonicalJson(rest) === canonicalJson(others) &&
      Object.entries(mine).every(([name, { data }]) => sameNumbers(data, theirs[name]?.data))
    )
  }
  if ("data" in a && "data" in b) {
    const { data: mine, ...rest } = a
    const { data: theirs, ...others } = b
    return (
      canonicalJson(withoutMask(rest)) === canonicalJson(withoutMask(others)) &&
      sameNumbers(mine, theirs)
    )
  }
  return canonicalJson(a) === canonicalJson(b)
}

/** A mask follows from the prompts, and is no JSON. */
const withoutMask = (value: object): object => ({ ...value, mask: undefined })

const sameNumbers = (
  a: Float32Array | BigInt64Array,
  b: Float32Array | BigInt64Array | undefined
): boolean =>
  b !== undefined &&
  a.byteLength === b.byteLength &&
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength)
  ) === 0

interface Places {
  readonly network: ReadonlyArray<number>
  readonly embedding: ReadonlyArray<number>
  readonly images: ReadonlyArray<number>
}

const renumbered = (tree: EstimatorTree, places: Places): EstimatorTree => {
  const branch = (of: EstimatorTree) => renumbered(of, places)
  switch (tree.kind) {
    case "network": {
      const { condition, enlarge, network } = tree
      return {
        kind: "network",
        network: places.network[network]!,
        ...(condition === undefined
          ? {}
          : { condition: { ...condition, embedding: places.embedding[condition.embedding]! } }),
        ...(enlarge === undefined
          ? {}
          : { enlarge: { ...enlarge, images: places.images[enlarge.images]! } })
      }
    }
    case "guided":
      return {
        ...tree,
        unconditional: branch(tree.unconditional),
        conditional: branch(tree.conditional)
      }
    case "viewed":
    case "converted":
      return { ...tree, of: branch(tree.of) }
    default:
      return { ...tree, of: tree.of.map(branch) }
  }
}

/** What makes a tree of estimators sound, and what it predicts. */
import type { Estimator, EstimatorTree, Model, PixelRange, Pretrained } from "./values.ts"

export type Prediction = "epsilon" | "sample" | "velocity"

type Parts = Pick<Estimator, "networks" | "embeddings" | "images">

/** Of a sound tree; undefined when its network was never trained. */
export const predictionOf = ({ tree, ...parts }: Parts & { readonly tree: EstimatorTree }) =>
  predictionAt(tree, parts)

const predictionAt = (tree: EstimatorTree, parts: Parts): Prediction | undefined => {
  switch (tree.kind) {
    case "network": {
      const prediction = parts.networks[tree.network]?.prediction
      return prediction === "logits" ? undefined : prediction
    }
    case "guided":
      return predictionAt(tree.conditional, parts)
    case "viewed":
      return predictionAt(tree.of, parts)
    case "average":
    case "components":
      return tree.of[0] === undefined ? undefined : predictionAt(tree.of[0], parts)
    default:
      return tree.to
  }
}

/** Whether a network is shown a smaller image of the same content beside the noisy one. */
export const enlargesImages = (network: Model | Pretrained): boolean =>
  network.type === "Pretrained"
    ? network.enlarges
    : network.architecture.kind === "unet" && network.architecture.enlarges !== undefined

/** The branches of a node. */
export const branchesOf = (tree: EstimatorTree): ReadonlyArray<EstimatorTree> => {
  switch (tree.kind) {
    case "network":
      return []
    case "guided":
      return [tree.unconditional, tree.conditional]
    case "viewed":
    case "converted":
      return [tree.of]
    default:
      return tree.of
  }
}

/** Why it is no estimator, of a value that may be anything; undefined when it is one. */
export const treeProblem = (estimator: Estimator): string | undefined => {
  const { networks, tree } = estimator
  const [first, ...others] = networks
  if (first === undefined) return "an estimator has at least one network"
  if (others.some((other) => frameOf(other) !== frameOf(first))) {
    return `its networks are for different images: ${[...new Set(networks.map(frameOf))].join(", ")}`
  }
  return problemAt(tree, estimator)
}

const frameOf = (network: Model | Pretrained): string => {
  const { imageChannels, imageSize } = network.type === "Model" ? network.architecture : network
  return `${imageSize} × ${imageSize} × ${imageChannels} in ${network.range}`
}

const problemAt = (tree: EstimatorTree, parts: Parts): string | undefined => {
  if (typeof tree !== "object" || tree === null) return "a branch is not an object"
  const own = nodeProblem(tree, parts)
  if (own !== undefined) return own
  const branches = branchesOf(tree)
  for (const branch of branches) {
    const problem = problemAt(branch, parts)
    if (problem !== undefined) return problem
  }
  const predictions = new Set(branches.map((branch) => predictionAt(branch, parts)))
  return predictions.size > 1
    ? `a ${tree.kind} estimator joins predictions of ${[...predictions].join(" and ")}`
    : undefined
}

const nodeProblem = (
  tree: EstimatorTree,
  { embeddings, images, networks }: Parts
): string | undefined => {
  switch (tree.kind) {
    case "network": {
      if (networks[tree.network] === undefined) return `there is no network ${tree.network}`
      const { condition, enlarge } = tree
      if (condition !== undefined) {
        const embedding = embeddings[condition.embedding]
        if (embedding === undefined) return `there is no embedding ${condition.embedding}`
        if (!embedding.prompts.includes(condition.prompt)) {
          return `no embedding is of the prompt ${JSON.stringify(condition.prompt)}`
        }
      }
      return enlarge === undefined || images[enlarge.images] !== undefined
        ? undefined
        : `there are no images ${enlarge.images}`
    }
    case "guided":
      return Number.isFinite(tree.gamma) ? undefined : "a guidance scale is a number"
    case "average": {
      if (!Array.isArray(tree.of) || tree.of.length === 0) return "an average is of something"
      const { weights } = tree
      if (!Array.isArray(weights) || weights.length !== tree.of.length) {
        return "an average has a weight for each of its estimates"
      }
      const sum = (weights as ReadonlyArray<number>).reduce((total, weight) => total + weight, 0)
      return Math.abs(sum - 1) < 1e-9 ? undefined : `the weights of an average sum to ${sum}, not 1`
    }
    case "components":
      return Array.isArray(tree.of) && tree.of.length > 0 ? undefined : "it has no components"
    case "viewed":
    case "converted":
      return undefined
    default:
      return `there is no estimator of the kind ${JSON.stringify((tree as { kind?: unknown }).kind)}`
  }
}

/** The pixel range of its images. */
export const rangeOf = ({ networks }: Pick<Estimator, "networks">): PixelRange => {
  const [network] = networks
  if (network === undefined) throw new RangeError("an estimator has at least one network")
  return network.range
}

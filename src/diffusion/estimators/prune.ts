import type { EstimatorTree } from "../../values/values.ts"

/** Guidance of strength 0 and 1 needs one of the two predictions only, and is that prediction to the last bit. */
export const pruned = (tree: EstimatorTree): EstimatorTree => {
  switch (tree.kind) {
    case "network":
      return tree
    case "guided": {
      const [unconditional, conditional] = [pruned(tree.unconditional), pruned(tree.conditional)]
      if (tree.gamma === 0) return unconditional
      return tree.gamma === 1 ? conditional : { ...tree, unconditional, conditional }
    }
    case "viewed":
    case "converted":
      return { ...tree, of: pruned(tree.of) }
    default:
      return { ...tree, of: tree.of.map(pruned) }
  }
}

import { type Node, sizeOf } from "../graph/value.ts"

/**
 * Roughly how many elementary operations some nodes take: elements read or written, times the length of the sums in
 * products and convolutions.
 */
export const workOf = (nodes: ReadonlyArray<Node>): number =>
  nodes.reduce((work, node) => work + workOfNode(node), 0)

const workOfNode = ({ inputs, op, outputs }: Node): number => {
  const largest = Math.max(0, ...[...inputs, ...outputs].map(({ size }) => size))
  const [first, second] = inputs
  if (first === undefined || second === undefined) return largest
  if (op === "BatchMatMul") {
    return sizeOf(outputs[0]!.shape) * Math.max(...first.shape.slice(-2), 1)
  }
  if (op === "Conv" || op === "ConvInputGradient") return first.size * second.size
  if (op === "ConvFilterGradient") return first.size * outputs[0]!.size
  return largest
}

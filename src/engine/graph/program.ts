/** A program: the nodes needed for some results, in an order in which they can run. */
import { knownConstant } from "./known-constant.ts"
import { type Node, type Value } from "./value.ts"

export interface Program {
  /** Resident values that the nodes read, in the order of first use. */
  readonly leaves: ReadonlyArray<Value>
  readonly nodes: ReadonlyArray<Node>
  readonly results: ReadonlyArray<Value>
}

/** The program that makes `results`, all pending. */
export const programOf = (results: ReadonlyArray<Value>): Program => {
  const found = new Set<Node>()
  const open = results.flatMap(({ producer }) => producer ?? [])
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue
    found.add(node)
    for (const { producer } of node.inputs) if (producer !== undefined) open.push(producer)
  }
  const nodes = [...found].toSorted((a, b) => a.id - b.id)
  const leaves = new Set<Value>()
  for (const node of nodes) {
    for (const input of node.inputs) if (input.producer === undefined) leaves.add(input)
  }
  return { leaves: [...leaves], nodes, results }
}

/**
 * A text that two programs share exactly when one session can run both: the same operators in the same order on leaves of
 * the same shape, type and place, with the same results.
 */
export const signatureOf = ({ leaves, nodes, results }: Program): string => {
  const numbers = new Map<Value, number>()
  const parts: Array<string> = []
  for (const leaf of leaves) {
    numbers.set(leaf, numbers.size)
    parts.push(leafKey(leaf))
  }
  for (const { inputs, key, outputs } of nodes) {
    let text = key
    for (const input of inputs) text += ` ${numbers.get(input)}`
    parts.push(text)
    for (const output of outputs) numbers.set(output, numbers.size)
  }
  parts.push(results.map((value) => numbers.get(value)).join())
  return parts.join("\n")
}

const leafKey = (leaf: Value): string => {
  const { data, dtype, shape } = leaf
  if (data?.at === "file") return `file ${JSON.stringify(data.weight)}`
  const constant = knownConstant(leaf)
  return constant === undefined ? `${dtype}[${shape.join()}]` : `= ${constant}`
}

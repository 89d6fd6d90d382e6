/**
 * Peepholes: local changes to a program that leave its results as they are (to rounding) and make it cheaper. A rule
 * looks at one node whose inputs have been rewritten already and may return other values for its outputs.
 */
import { type Program, programOf } from "../graph/program.ts"
import { type Recorder } from "../graph/recorder.ts"
import { type Node, type Value } from "../graph/value.ts"

export interface RewriteContext {
  readonly recorder: Recorder
  /** How many nodes (and results) of the program read this value. A value that a rule has just made has no uses yet. */
  readonly uses: (value: Value) => number
}

export interface Rule {
  readonly name: string
  /** The operators of the nodes that it looks at. */
  readonly ops: ReadonlyArray<string>
  /** New values for the node's outputs, or undefined to leave it as it is. */
  readonly apply: (node: Node, context: RewriteContext) => ReadonlyArray<Value> | undefined
}

/** Passes over the program until no rule applies any more. */
export const rewrite = (
  program: Program,
  rules: ReadonlyArray<Rule>,
  recorder: Recorder
): Program => {
  let current = program
  // Rules make programs smaller or move towards a normal form; the bound only guards against two that undo each other.
  for (let pass = 0; pass < 20; pass++) {
    const next = onePass(current, rules, recorder)
    if (next === current) return current
    current = next
  }
  throw new Error("the rewrites of a program do not come to an end")
}

const onePass = (program: Program, rules: ReadonlyArray<Rule>, recorder: Recorder): Program => {
  const uses = countUses(program)
  const byOp = Map.groupBy(
    rules.flatMap((rule) => rule.ops.map((op) => ({ op, rule }))),
    ({ op }) => op
  )
  const replaced = new Map<Value, Value>()
  const now = (value: Value): Value => replaced.get(value) ?? value
  const context: RewriteContext = { recorder, uses: (value) => uses.get(value) ?? 0 }
  const known = new Map<string, ReadonlyArray<Value>>()
  const names = new Map<Value, number>()
  const nameOf = (value: Value): number => {
    const name = names.get(value) ?? names.size
    names.set(value, name)
    return name
  }
  let changed = false
  const replace = (from: ReadonlyArray<Value>, to: ReadonlyArray<Value>): void => {
    for (const [index, value] of from.entries()) {
      const other = to[index]!
      if (other === value) continue
      replaced.set(value, other)
      // A value takes over the uses of those that it stands for.
      uses.set(other, (uses.get(other) ?? 0) + (uses.get(value) ?? 0))
    }
  }
  for (const original of program.nodes) {
    let node = original
    if (node.inputs.some((input) => replaced.has(input))) {
      const outputs = recorder.record(node.op, node.inputs.map(now), node.attrs)
      replace(node.outputs, outputs)
      node = outputs[0]!.producer!
    }
    const same = `${node.key} ${node.inputs.map(nameOf).join()}`
    const twin = known.get(same)
    if (twin !== undefined) {
      replace(original.outputs, twin)
      changed = true
      continue
    }
    known.set(same, node.outputs)
    for (const { rule } of byOp.get(node.op) ?? []) {
      const values = rule.apply(node, context)
      if (values === undefined) continue
      replace(original.outputs, values)
      changed = true
      break
    }
  }
  if (!changed) return program
  return { ...programOf(program.results.map(now)), leaves: program.leaves }
}

const countUses = ({ nodes, results }: Program): Map<Value, number> => {
  const uses = new Map<Value, number>()
  const count = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1)
  for (const { inputs } of nodes) inputs.forEach(count)
  results.forEach(count)
  return uses
}

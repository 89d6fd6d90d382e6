/**
 * A pipeline as a picture sees it: stages as nodes, who reads whom as edges. The instances of one stage are one node
 * (×N) unless asked for one by one; an instance is drawn with its parts as one. Knows nothing of colours, characters or coordinates; each format draws it its way.
 */
import type { CheckedPipeline, StageInstance } from "../../language/pipeline.ts"
import { ownerIdOf } from "../../plan/parts.ts"
import type { Decision } from "../../plan/plan.ts"

export type NodeState = Decision["state"]

export interface GraphNode {
  /** The stage's name, or the instance's id when instances stand alone. */
  readonly id: string
  readonly stage: string
  readonly uses: string
  /** The instances that it stands for, at least one. */
  readonly instances: ReadonlyArray<string>
  /** The axes of the matrix that it depends on. */
  readonly axes: ReadonlyArray<string>
  /** How many of its instances are in each state; absent when no plan was made. */
  readonly states?: Readonly<Record<NodeState, number>>
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** Which output feeds which input, each pair once. */
  readonly ports: ReadonlyArray<{ readonly from: string; readonly to: string }>
}

export interface Graph {
  readonly pipeline: string
  readonly file: string
  /** Every node comes after those that it reads. */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly edges: ReadonlyArray<GraphEdge>
}

export interface GraphOptions {
  /** One node an instance. */
  readonly expand?: boolean
  /** By instance id. */
  readonly states?: ReadonlyMap<string, NodeState>
}

/**
 * @param pipeline its instances are in the order of their dependencies, which the nodes keep: since the instances of one
 *   stage read the same stages, the first instance of each stage gives an order of stages as well
 */
export const graphOf = (pipeline: CheckedPipeline, options: GraphOptions = {}): Graph => {
  const nodeOf = (instance: Pick<StageInstance, "id" | "part" | "stage">) =>
    options.expand === true ? ownerIdOf(instance) : instance.stage
  const members = new Map<string, Array<StageInstance>>()
  const byId = new Map(pipeline.instances.map((instance) => [instance.id, instance]))
  const edges = new Map<string, Map<string, Map<string, { from: string; to: string }>>>()
  for (const instance of pipeline.instances) {
    const node = nodeOf(instance)
    const group = members.get(node)
    if (group === undefined) members.set(node, [instance])
    else group.push(instance)
    for (const [port, input] of Object.entries(instance.inputs)) {
      const sources = input.kind === "one" ? [input.from] : input.items.map((item) => item.from)
      for (const source of sources) {
        const from = nodeOf(
          byId.get(source.instance) ?? { id: source.instance, stage: source.instance }
        )
        // What flows among the parts of an instance is its own affair; the parts of others are never read.
        if (from === node) continue
        const targets = entry(edges, from, () => new Map())
        entry(targets, node, () => new Map()).set(`${source.port} ${port}`, {
          from: source.port,
          to: port
        })
      }
    }
  }
  return {
    pipeline: pipeline.name,
    file: pipeline.file,
    nodes: [...members].map(([id, instances]) => describe(id, instances, options.states)),
    edges: [...edges].flatMap(([from, targets]) =>
      [...targets].map(([to, ports]) => ({ from, to, ports: [...ports.values()] }))
    )
  }
}

const describe = (
  id: string,
  instances: ReadonlyArray<StageInstance>,
  states: GraphOptions["states"]
): GraphNode => {
  const whole = instances.filter(({ part }) => part === undefined)
  const [first] = whole
  const found = new Map<string, NodeState>()
  for (const instance of instances) {
    const owner = ownerIdOf(instance)
    const state = states?.get(instance.id)
    if (state !== undefined) found.set(owner, laterOf(found.get(owner), state))
  }
  const counts = { known: 0, run: 0, depends: 0 }
  for (const state of found.values()) counts[state]++
  return {
    id,
    stage: first?.stage ?? id,
    uses: first?.uses ?? "",
    instances: whole.map((instance) => instance.id),
    axes: Object.keys(first?.point ?? {}),
    ...(states === undefined ? {} : { states: counts })
  }
}

/** Of an instance and its parts: what is still to do outweighs what is known. */
const laterOf = (a: NodeState | undefined, b: NodeState): NodeState =>
  a === "run" || b === "run" ? "run" : a === "depends" || b === "depends" ? "depends" : "known"

/** `3 known, 1 will run`; empty when no plan was made. */
export const stateText = (node: GraphNode): string => {
  const { states } = node
  if (states === undefined) return ""
  const parts = stateNames.filter(([state]) => states[state] > 0)
  if (node.instances.length === 1) return parts.map(([, text]) => text).join("")
  return parts
    .map(([state, one, several]) => `${states[state]} ${states[state] === 1 ? one : several}`)
    .join(", ")
}

const stateNames: ReadonlyArray<readonly [state: NodeState, one: string, several: string]> = [
  ["known", "known", "known"],
  ["run", "will run", "will run"],
  ["depends", "depends", "depend"]
]

/** The state that a node is coloured by: what is still to do outweighs what is known. */
export const leadingState = (node: GraphNode): NodeState | undefined => {
  const { states } = node
  if (states === undefined) return undefined
  return states.run > 0 ? "run" : states.depends > 0 ? "depends" : "known"
}

const entry = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const existing = map.get(key)
  if (existing !== undefined) return existing
  const made = make()
  map.set(key, made)
  return made
}

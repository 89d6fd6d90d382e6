/** The stage to insert where a type does not fit: one whose one input takes what is there and whose output fits. */
import { UserError } from "../base/user-error.ts"
import {
  type Bindings,
  type Mismatch,
  noBindings,
  substitute,
  type TypeExpression,
  unify
} from "../values/type-expression.ts"
import type { Definition, Definitions } from "./definitions.ts"

export interface Misfit {
  readonly what: Mismatch["what"]
  readonly expected: TypeExpression
  readonly found: TypeExpression
  /** The expecting stage's symbols as they were known then. */
  readonly bindings: Bindings
}

export const copyBindings = ({ dims, attributes }: Bindings): Bindings => ({
  dims: new Map(dims),
  attributes: new Map(attributes)
})

const mostShown = 2

/** Stages that turn or cut pictures change the shape too; the one to insert is named for it. */
const meantForShapes = /resize|rescale/

/** `image/resize`, best first. */
export const convertingStages = (
  misfit: Misfit,
  definitions: Definitions
): ReadonlyArray<string> => {
  const found = [...definitions.values()].flatMap((definition) => {
    if (definition instanceof UserError || definition.stage.internal === true) return []
    const kept = fitness(definition, misfit)
    return kept === undefined ? [] : [{ uses: definition.uses, kept }]
  })
  const named = misfit.what === "shape" ? found.filter(({ uses }) => meantForShapes.test(uses)) : []
  const candidates = named.length > 0 ? named : found
  const most = Math.max(...candidates.map(({ kept }) => kept))
  return candidates
    .filter(({ kept }) => kept === most)
    .slice(0, mostShown)
    .map(({ uses }) => uses)
}

/** How much of the found type such a stage keeps; nothing when it does not convert. */
const fitness = (
  definition: Definition,
  { expected, found, bindings }: Misfit
): number | undefined => {
  const inputs = [...definition.inputs.values()]
  const [input, ...others] = inputs.filter((port) => !port.optional)
  const [output, second] = definition.outputs.values()
  if (input === undefined || others.length > 0 || output === undefined || second !== undefined)
    return undefined
  if (input.many) return undefined
  const own = noBindings()
  if (unify(input.type, found, own) !== undefined) return undefined
  const made = substitute(output.type, own)
  if (unify(expected, made, copyBindings(bindings)) !== undefined) return undefined
  return agreement(made, found)
}

/** The last dimensions are compared, since one image may have become a batch of one. */
const agreement = (made: TypeExpression, found: TypeExpression): number => {
  const dims = (found.shape ?? [])
    .toReversed()
    .filter((dim, axis) => typeof dim === "number" && dim === made.shape?.at(-1 - axis))
  const words = (["range", "towards", "of"] as const).filter(
    (word) => made[word] !== undefined && made[word] === found[word]
  )
  return (made.name === found.name ? 10 : 0) + dims.length + words.length
}

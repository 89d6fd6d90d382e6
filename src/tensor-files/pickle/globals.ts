/** The only names that a pickle may speak of, and the only thing that is done with each. */
import { storageDtype } from "./storages.ts"
import type { Global, PickledTensor, PickleDict, PickleTuple, PickleValue } from "./value.ts"

/** Ends the reading; the message says what is wrong with the pickle. */
export type Refuse = (problem: string) => never

/** What a name means; a name that is not known here is refused before anything could be done with it. */
export const globalOf = (module: string, name: string, refuse: Refuse): Global => {
  if (module === "collections" && name === "OrderedDict") return { kind: "OrderedDict" }
  if (module === "torch._utils" && name === "_rebuild_tensor_v2") return { kind: "rebuildTensor" }
  const dtype = module === "torch" ? storageDtype(name) : undefined
  if (dtype !== undefined) return { kind: "storage", dtype }
  return refuse(
    `it wants to call ${JSON.stringify(`${module}.${name}`.slice(0, 200)).slice(1, -1)}; nothing was run`
  )
}

/** The value of a call, of which there are two: a dictionary, and a tensor. */
export const call = (global: Global, args: PickleTuple, refuse: Refuse): PickleValue => {
  switch (global.kind) {
    case "OrderedDict":
      return orderedDict(args, refuse)
    case "rebuildTensor":
      return { type: "tensor", tensor: rebuildTensor(args, refuse) }
    default:
      return refuse("it wants to make a storage of its own; nothing was run")
  }
}

/** `OrderedDict()`; Python 2 wrote `OrderedDict([[key, value], …])`, which no tensor file of today has. */
const orderedDict = ({ items }: PickleTuple, refuse: Refuse): PickleDict =>
  items.length === 0
    ? { type: "dict", ordered: true, entries: new Map() }
    : refuse("it makes an OrderedDict out of something")

/**
 * `_rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None)`, of
 * torch/_utils.py. Metadata would be bits that change every number (conjugation, negation).
 */
const rebuildTensor = ({ items }: PickleTuple, refuse: Refuse): PickledTensor => {
  const [storage, offset, shape, strides, requiresGrad, hooks, metadata = null] = items
  const wrong = (what: string): never => refuse(`a tensor has ${what}`)
  if (items.length < 6 || items.length > 7) return wrong(`${items.length} arguments`)
  if (!isObject(storage) || storage.type !== "storage") return wrong("no storage")
  const [dims, steps] = [wholeNumbers(shape), wholeNumbers(strides)]
  if (!isCount(offset)) return wrong("an offset that is none")
  if (dims === undefined || dims.length > maxRank) return wrong("a shape that is none")
  if (steps === undefined || steps.length !== dims.length) return wrong("strides that do not fit")
  if (typeof requiresGrad !== "boolean") return wrong("no word on gradients")
  if (!isObject(hooks) || hooks.type !== "dict" || hooks.entries.size > 0) return wrong("hooks")
  if (
    metadata !== null &&
    !(isObject(metadata) && metadata.type === "dict" && metadata.entries.size === 0)
  ) {
    return wrong("metadata that would change its numbers")
  }
  return { storage: storage.storage, offset, shape: dims, strides: steps }
}

/** As many as PyTorch prints and more than anyone uses. */
const maxRank = 64

const isObject = <V extends PickleValue>(value: V | undefined): value is Extract<V, object> =>
  typeof value === "object" && value !== null

export const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0

const wholeNumbers = (value: PickleValue | undefined): ReadonlyArray<number> | undefined =>
  isObject(value) && (value.type === "tuple" || value.type === "list") && value.items.every(isCount)
    ? [...value.items]
    : undefined

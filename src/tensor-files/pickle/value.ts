/** What a pickle of tensors can hold. */
import type { StorageDtype } from "./storages.ts"

/** Elements in a record of the archive. */
export interface Storage {
  readonly dtype: StorageDtype
  /** Names its record. */
  readonly key: string
  /** Elements. */
  readonly length: number
}

/** A part of a storage, as `torch._utils._rebuild_tensor_v2` describes it; nothing has been read yet. */
export interface PickledTensor {
  readonly storage: Storage
  readonly shape: ReadonlyArray<number>
  readonly strides: ReadonlyArray<number>
  readonly offset: number
}

/** One of the few names that a pickle may speak of. */
export type Global =
  | { readonly kind: "OrderedDict" }
  | { readonly kind: "rebuildTensor" }
  | { readonly kind: "storage"; readonly dtype: StorageDtype }

/** Values while they are put together; dictionaries, lists and tuples may be changed by later steps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleObject

export interface PickleList {
  readonly type: "list"
  readonly items: Array<PickleValue>
}
export interface PickleTuple {
  readonly type: "tuple"
  readonly items: Array<PickleValue>
}
export interface PickleDict {
  readonly type: "dict"
  /** Whether it is an OrderedDict, to which pickles give attributes. */
  readonly ordered: boolean
  readonly entries: Map<DictKey, PickleValue>
}
export type DictKey = string | number | bigint | boolean | null
export type PickleObject =
  | { readonly type: "tensor"; readonly tensor: PickledTensor }
  | { readonly type: "storage"; readonly storage: Storage }
  | { readonly type: "global"; readonly global: Global }

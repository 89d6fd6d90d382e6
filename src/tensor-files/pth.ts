/**
 * Files of `torch.save` (`.pth`, `.pt`) that hold nothing but tensors, in dictionaries, lists and tuples. A pickle can
 * name any function to be called; this reader knows none (`pickle/unpickle.ts`).
 *
 * The archive is a ZIP file with one folder: `data.pkl`, the pickle; `data/KEY`, the elements of each storage;
 * `byteorder`, where PyTorch is 2.1 or newer (torch/serialization.py).
 */
import { readFileSync, statSync } from "node:fs"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import type { RawTensor } from "../safetensors/decode.ts"
import { dtypeSizes, tensorBytes } from "../safetensors/dtype.ts"
import type { Refuse } from "./pickle/globals.ts"
import { unpickle } from "./pickle/unpickle.ts"
import type { PickledTensor, PickleValue } from "./pickle/value.ts"
import { reachOf, rowMajor } from "./row-major.ts"
import { openZip, type ZipArchive } from "./zip.ts"

/** Dictionaries are maps in the order of the file, so that no key (`__proto__`) is special; tuples are arrays. */
export type PthValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | RawTensor
  | ReadonlyArray<PthValue>
  | ReadonlyMap<PthKey, PthValue>
export type PthKey = string | number | bigint | boolean | null

/** Of a file, and of all tensors in it together. Larger models belong into safetensors, which is read in place. */
const maxBytes = 2 ** 31
const maxPickleBytes = 2 ** 26
/** Dictionaries in dictionaries. */
const maxDepth = 64
/** All values, each as often as it is spoken of. */
const maxValues = 1_000_000

/**
 * @param shown how messages name the file
 * @throws UserError when the file cannot be read, is damaged, or wants anything but tensors
 */
export const readPth = (path: string, shown = path): PthValue => {
  let bytes
  try {
    const { size } = statSync(path)
    if (size > maxBytes) {
      throw new UserError(`${shown} has ${size} bytes, more than the ${maxBytes} that are read`, {
        hint: "convert it in Python with safetensors.torch.save_file"
      })
    }
    bytes = readFileSync(path)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError(`${shown} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  return decodePth(bytes, shown)
}

/** @throws UserError as `readPth` does */
export const decodePth = (bytes: Uint8Array, shown = "the file"): PthValue => {
  refuseOtherFormats(bytes, shown)
  const archive = openZip(bytes, shown)
  const folder = folderOf(archive, shown)
  const refuse: Refuse = (problem) => {
    throw new UserError(`${shown} is not taken: ${problem}`, {
      exitCode: 1,
      hint: "only tensors, texts and numbers in dictionaries, lists and tuples are read; save those with torch.save"
    })
  }
  const order = archive.entries.has(`${folder}byteorder`)
    ? Buffer.from(archive.read(`${folder}byteorder`)).toString("latin1")
    : "little"
  if (order !== "little") return refuse(`its byte order is ${JSON.stringify(order.slice(0, 20))}`)
  const { sizeBytes } = archive.entries.get(`${folder}data.pkl`)!
  if (sizeBytes > maxPickleBytes) return refuse(`its pickle would have ${sizeBytes} bytes`)
  const pickled = unpickle(archive.read(`${folder}data.pkl`), refuse)
  // All is measured before anything is unpacked or made.
  convert(pickled, tensorMeasure(archive, folder, refuse), refuse)
  return convert(pickled, tensorReader(archive, folder), refuse)
}

/**
 * A file that is one dictionary of named tensors: a state dictionary, or text embeddings by prompt.
 *
 * @returns in the order of the file
 * @throws UserError when it is something else
 */
export const decodeTensorDict = (
  bytes: Uint8Array,
  shown = "the file"
): ReadonlyMap<string, RawTensor> => tensorDict(decodePth(bytes, shown), shown)

/** @throws UserError when the value is not one dictionary of named tensors */
export const tensorDict = (value: PthValue, shown: string): ReadonlyMap<string, RawTensor> => {
  const refuse = (problem: string): never => {
    throw new UserError(`${shown} should be one dictionary from names to tensors, but ${problem}`, {
      exitCode: 1
    })
  }
  if (!(value instanceof Map)) return refuse(`it is ${kindOf(value)}`)
  const tensors = new Map<string, RawTensor>()
  for (const [name, item] of value as ReadonlyMap<PthKey, PthValue>) {
    if (typeof name !== "string") return refuse(`it has the key ${String(name)}`)
    if (!isTensor(item)) return refuse(`${JSON.stringify(name.slice(0, 100))} is ${kindOf(item)}`)
    tensors.set(name, item)
  }
  return tensors
}

const isTensor = (value: PthValue): value is RawTensor =>
  typeof value === "object" && value !== null && "bytes" in value

const kindOf = (value: PthValue): string => {
  if (value === null) return "nothing"
  if (typeof value !== "object") return typeof value === "string" ? "a text" : `a ${typeof value}`
  if (isTensor(value)) return "a tensor"
  return value instanceof Map ? "a dictionary" : "a list"
}

/** `torch.save` before 1.6: a pickle of this number comes first (torch/serialization.py, MAGIC_NUMBER). */
const legacyMagic = Buffer.from("8a0a6cfc9c46f9206aa850192e", "hex")

const refuseOtherFormats = (bytes: Uint8Array, shown: string): void => {
  const start = Buffer.from(bytes.subarray(0, 64))
  if (start.subarray(0, 2).toString("latin1") === "PK") return
  if (start[0] === 0x80 && start.indexOf(legacyMagic) === 2) {
    throw new UserError(`${shown} is of torch.save's old format, from before PyTorch 1.6`, {
      exitCode: 1,
      hint: "load it in Python and save it again with torch.save, or with safetensors.torch.save_file"
    })
  }
  const what =
    start.subarray(0, 8).toString("latin1") === "version "
      ? "it looks like a Git LFS pointer in place of the file: fetch the file with `git lfs pull`"
      : start[0] === 0x80
        ? "it is a pickle by itself: save it with torch.save"
        : undefined
  throw new UserError(`${shown} is no file of torch.save`, {
    exitCode: 1,
    ...(what === undefined ? {} : { hint: what })
  })
}

/** The archive's one folder, with a slash behind it. */
const folderOf = ({ entries }: ZipArchive, shown: string): string => {
  const names = [...entries.keys()]
  const pickles = names.filter((name) => /^(?:[^/]+\/)?data\.pkl$/.test(name))
  const folder = pickles[0]?.slice(0, -"data.pkl".length) ?? ""
  const fail = (problem: string): never => {
    throw new UserError(`${shown} is no file of torch.save: ${problem}`, { exitCode: 1 })
  }
  if (pickles.length !== 1) return fail(`it holds ${pickles.length} pickles named data.pkl`)
  if (names.some((name) => name === `${folder}constants.pkl`)) {
    return fail("it is a program of TorchScript; save the state_dict alone")
  }
  return names.every((name) => name.startsWith(folder)) ? folder : fail("it has several folders")
}

/** Says no to a tensor that its record does not hold, and when all of them together are too large. */
const tensorMeasure = (archive: ZipArchive, folder: string, refuse: Refuse) => {
  const seen = new Set<PickledTensor | string>()
  let total = 0
  const count = (what: PickledTensor | string, bytes: number) => {
    if (seen.has(what)) return
    seen.add(what)
    total += bytes
    if (!(total <= maxBytes)) refuse(`its tensors would take more than ${maxBytes} bytes`)
  }
  return (tensor: PickledTensor): null => {
    const { offset, shape, storage } = tensor
    const { dtype, key, length } = storage
    const entry = archive.entries.get(recordName(folder, key))
    if (entry === undefined) return refuse(`the data ${key} of a tensor are missing`)
    if (entry.sizeBytes !== length * dtypeSizes[dtype]) {
      return refuse(`the data ${key} have ${entry.sizeBytes} bytes, not ${length} × ${dtype}`)
    }
    if (reachOf(tensor) > length || offset > length) {
      const shown = shape.length > 8 ? `${shape.slice(0, 8).join(",")},…` : shape.join(",")
      return refuse(`a tensor [${shown}] reaches beyond its ${length} elements`)
    }
    count(key, entry.sizeBytes)
    count(tensor, tensorBytes(dtype, shape))
    return null
  }
}

const tensorReader = (archive: ZipArchive, folder: string) => {
  const records = new Map<string, Uint8Array>()
  const made = new Map<PickledTensor, RawTensor>()
  const recordOf = (key: string): Uint8Array => {
    const bytes = records.get(key) ?? archive.read(recordName(folder, key))
    records.set(key, bytes)
    return bytes
  }
  return (tensor: PickledTensor): RawTensor => {
    const { offset, shape, storage, strides } = tensor
    const { dtype, key } = storage
    const elementBytes = dtypeSizes[dtype]
    const known = made.get(tensor)
    if (known !== undefined) return known
    const bytes = rowMajor(recordOf(key), { shape, strides, offset, elementBytes })
    const result: RawTensor = { dtype, shape, bytes }
    made.set(tensor, result)
    return result
  }
}

const recordName = (folder: string, key: string): string => `${folder}data/${key}`

const convert = (
  value: PickleValue,
  tensorOf: (tensor: PickledTensor) => PthValue,
  refuse: Refuse
): PthValue => {
  const open = new Set<PickleValue>()
  let values = 0
  const visit = (value: PickleValue): PthValue => {
    // A value that is kept once and used twice in each of many layers would be written out 2^layers times.
    if (++values > maxValues) return refuse(`it has more than ${maxValues} values`)
    if (typeof value !== "object" || value === null) return value
    switch (value.type) {
      case "tensor":
        return tensorOf(value.tensor)
      case "storage":
      case "global":
        return refuse(`it holds a ${value.type} by itself`)
      default:
    }
    if (open.has(value)) return refuse("it holds itself")
    if (open.size >= maxDepth) return refuse(`it is more than ${maxDepth} levels deep`)
    open.add(value)
    const converted =
      value.type === "dict"
        ? new Map([...value.entries].map(([key, item]) => [key, visit(item)] as const))
        : value.items.map(visit)
    open.delete(value)
    return converted
  }
  return visit(value)
}

/**
 * The safetensors file format: a 64-bit little-endian header length, a JSON header, then the tensors' bytes back to back.
 *
 * Follows https://github.com/huggingface/safetensors. Reading checks the whole header against the file's size before
 * anything is allocated; tensors are views of the bytes given. Writing is deterministic: equal tensors, equal bytes.
 */
import { UserError } from "../base/user-error.ts"

/** Bytes an element, in the order in which the reference implementation puts tensors of these dtypes into a file. */
export const dtypeSizes = {
  U64: 8,
  I64: 8,
  F64: 8,
  C64: 8,
  F32: 4,
  U32: 4,
  I32: 4,
  BF16: 2,
  F16: 2,
  U16: 2,
  I16: 2,
  F8_E8M0: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1
} as const
export type Dtype = keyof typeof dtypeSizes

const dtypes = Object.keys(dtypeSizes) as ReadonlyArray<Dtype>

export interface RawTensor {
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array
}

export interface TensorEntry {
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  /** Bytes from the start of the file. */
  readonly begin: number
  readonly end: number
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly metadata: { readonly [key: string]: string }
}

/** The reference implementation's own limit. */
const maxHeaderBytes = 100_000_000
/** The header length's own bytes. */
const lengthBytes = 8
const metadataKey = "__metadata__"

/**
 * The bytes that the reference implementation writes: wide elements first, so that each tensor is aligned, then by name.
 *
 * @throws RangeError when a tensor's bytes do not fill its shape
 */
export const encodeSafetensors = (
  tensors: { readonly [name: string]: RawTensor },
  metadata: { readonly [key: string]: string } = {}
): Uint8Array => {
  const ordered = Object.entries(tensors).toSorted(
    ([nameA, a], [nameB, b]) =>
      dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype) || (nameA < nameB ? -1 : 1)
  )
  // Without a prototype, so that no name of a tensor is special.
  const header = Object.create(null) as Record<string, unknown>
  const keys = Object.keys(metadata).toSorted()
  if (keys.length > 0) header[metadataKey] = Object.fromEntries(keys.map((k) => [k, metadata[k]]))
  let offset = 0
  for (const [name, { bytes, dtype, shape }] of ordered) {
    if (name === metadataKey) throw new RangeError(`a tensor cannot be named ${metadataKey}`)
    const expected = shape.reduce((product, dim) => product * dim, dtypeSizes[dtype])
    if (expected !== bytes.byteLength) {
      throw new RangeError(
        `tensor ${name}: ${dtype}[${shape.join(",")}] is ${expected} bytes, got ${bytes.byteLength}`
      )
    }
    header[name] = { dtype, shape, data_offsets: [offset, offset + expected] }
    offset += expected
  }
  const text = Buffer.from(JSON.stringify(header), "utf8")
  const headerBytes = Math.ceil(text.byteLength / 8) * 8
  const file = new Uint8Array(lengthBytes + headerBytes + offset)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true)
  file.fill(0x20, lengthBytes, lengthBytes + headerBytes)
  file.set(text, lengthBytes)
  let at = lengthBytes + headerBytes
  for (const [, { bytes }] of ordered) {
    file.set(bytes, at)
    at += bytes.byteLength
  }
  return file
}

/**
 * The tensors of a file, as views of `bytes`.
 *
 * @param shown how messages name the file
 * @throws UserError saying what is wrong with the file
 */
export const decodeSafetensors = (
  bytes: Uint8Array,
  shown = "the file"
): {
  readonly tensors: ReadonlyMap<string, RawTensor>
  readonly metadata: { readonly [key: string]: string }
} => {
  const { metadata, tensors } = readSafetensorsHeader(bytes, bytes.byteLength, shown)
  return {
    metadata,
    tensors: new Map(
      [...tensors].map(([name, { begin, dtype, end, shape }]) => [
        name,
        { dtype, shape, bytes: bytes.subarray(begin, end) }
      ])
    )
  }
}

/**
 * Reads and checks the header alone, so that a large file need not be in memory.
 *
 * @param start the first bytes of the file, at least the header
 * @param fileBytes size of the whole file
 */
const readSafetensorsHeader = (
  start: Uint8Array,
  fileBytes: number,
  shown = "the file"
): SafetensorsHeader => {
  const refuse = (problem: string): never => {
    throw new UserError(`${shown} is not a sound safetensors file: ${problem}`, { exitCode: 1 })
  }
  if (start.byteLength < lengthBytes) {
    return refuse(`it has ${start.byteLength} bytes, too few for a header`)
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true)
  if (length > maxHeaderBytes) {
    return refuse(`its header would have ${length} bytes, more than the format's ${maxHeaderBytes}`)
  }
  const dataStart = lengthBytes + Number(length)
  if (dataStart > Math.min(fileBytes, start.byteLength)) {
    return refuse(`its header would have ${length} bytes, but the file ends before that`)
  }
  const header = parseHeader(start.subarray(lengthBytes, dataStart), refuse)
  const metadata = readMetadata(header[metadataKey], refuse)
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, entry]) => [name, readEntry(name, entry, fileBytes - dataStart, refuse)] as const)
    .toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  let expected = 0
  for (const [name, { begin, end }] of entries) {
    if (begin > expected)
      refuse(`there is a hole of ${begin - expected} bytes before tensor ${name}`)
    if (begin < expected) refuse(`tensor ${name} overlaps another one`)
    expected = end
  }
  if (dataStart + expected !== fileBytes) {
    refuse(`its tensors end at byte ${dataStart + expected}, the file at ${fileBytes}`)
  }
  return {
    metadata,
    tensors: new Map(
      entries.map(([name, { begin, end, ...entry }]) => [
        name,
        { ...entry, begin: dataStart + begin, end: dataStart + end }
      ])
    )
  }
}

type Refuse = (problem: string) => never

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parseHeader = (bytes: Uint8Array, refuse: Refuse): Record<string, unknown> => {
  if (bytes[0] !== 0x7b) refuse("its header does not start with {")
  let text: string
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return refuse("its header is not UTF-8")
  }
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch {
    return refuse("its header is not JSON")
  }
  return isRecord(header) ? header : refuse("its header is not a JSON object")
}

const readMetadata = (value: unknown, refuse: Refuse): { readonly [key: string]: string } => {
  if (value === undefined) return {}
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== "string")) {
    return refuse(`its ${metadataKey} does not map text to text`)
  }
  return value as { readonly [key: string]: string }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

/** `begin` and `end` count from the first tensor, as they do in the file. */
const readEntry = (
  name: string,
  entry: unknown,
  dataBytes: number,
  refuse: Refuse
): TensorEntry => {
  if (!isRecord(entry)) return refuse(`tensor ${name} has no description`)
  const { data_offsets: offsets, dtype, shape } = entry
  if (typeof dtype !== "string" || !Object.hasOwn(dtypeSizes, dtype)) {
    return refuse(
      `tensor ${name} has the dtype ${JSON.stringify(dtype)}; known are ${dtypes.join(", ")}`
    )
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return refuse(`tensor ${name} has the shape ${JSON.stringify(shape)}`)
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return refuse(`tensor ${name} has the offsets ${JSON.stringify(offsets)}`)
  }
  const [begin = 0, end = 0] = offsets as ReadonlyArray<number>
  if (begin > end || end > dataBytes) {
    return refuse(
      `tensor ${name} lies at bytes ${begin} to ${end} of the data, which has ${dataBytes}`
    )
  }
  // Beyond 2^53 the product is inexact, but then it is far from `end - begin` too.
  const expected = (shape as ReadonlyArray<number>).reduce(
    (product, dim) => product * dim,
    dtypeSizes[dtype as Dtype]
  )
  if (shape.includes(0) ? begin !== end : expected !== end - begin) {
    return refuse(
      `tensor ${name} is ${dtype}[${shape.join(",")}], ${expected} bytes, but has ${end - begin}`
    )
  }
  return { dtype: dtype as Dtype, shape, begin, end }
}

/**
 * The safetensors file format: a 64-bit little-endian header length, a JSON header, then the tensors' bytes back to back.
 *
 * Follows https://github.com/huggingface/safetensors. This file checks a header, all of it and against the file's size,
 * before anybody allocates what it describes. It never opens a file and never touches a tensor's bytes.
 */
import { UserError } from "../base/user-error.ts"
import { type Dtype, dtypes, dtypeSizes, tensorBytes } from "./dtype.ts"
import { brief, isCount, isRecord, parseJsonObject, type Refuse } from "./json-object.ts"

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
/** The bytes before the header, which say how long it is. */
export const lengthBytes = 8
/** The header's one key that names no tensor. */
export const metadataKey = "__metadata__"

/**
 * Where the header ends and the tensors begin.
 *
 * @param start the first bytes of the file, 8 or more
 * @param fileBytes size of the whole file
 * @param shown how messages name the file
 * @returns bytes from the start of the file; at most 8 + 100,000,000 and not beyond the file's end
 * @throws UserError when such a file cannot have a header
 */
export const headerEnd = (start: Uint8Array, fileBytes: number, shown: string): number => {
  const refuse = refusal(shown, otherFormat(start))
  if (fileBytes < lengthBytes || start.byteLength < lengthBytes) {
    return refuse(`it has ${Math.min(fileBytes, start.byteLength)} bytes, too few for a header`)
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true)
  if (length > maxHeaderBytes) {
    return refuse(`its header would have ${length} bytes, more than the format's ${maxHeaderBytes}`)
  }
  const end = lengthBytes + Number(length)
  return end > fileBytes
    ? refuse(`its header would have ${length} bytes, but the file ends before that`)
    : end
}

/**
 * The tensors that a header describes. Their bytes are known to fill the rest of the file, without a hole or an overlap.
 *
 * @param header the bytes between the length and the first tensor
 * @throws UserError saying what is wrong
 */
export const parseHeader = (
  header: Uint8Array,
  fileBytes: number,
  shown: string
): SafetensorsHeader => {
  const refuse = refusal(shown)
  const dataStart = lengthBytes + header.byteLength
  if (header[0] !== 0x7b) refuse("its header does not start with {")
  const parsed = parseJsonObject(header, "its header", refuse)
  const metadata = readMetadata(parsed[metadataKey], refuse)
  const entries = Object.entries(parsed)
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

const refusal =
  (shown: string, hint?: string): Refuse =>
  (problem) => {
    throw new UserError(`${shown} is not a sound safetensors file: ${problem}`, {
      exitCode: 1,
      ...(hint === undefined ? {} : { hint })
    })
  }

/** What a file is that people take for safetensors: its first bytes, read as a length, are absurd. */
const otherFormat = (start: Uint8Array): string | undefined => {
  const text = Buffer.from(start.subarray(0, lengthBytes)).toString("latin1")
  if (text === "version ") {
    return "it looks like a Git LFS pointer in place of the file: fetch the file with `git lfs pull`"
  }
  if (text.startsWith("PK") || text.startsWith("\x80")) {
    return "it looks like a file of torch.save: convert it with safetensors.torch.save_file"
  }
  if (/^\s*</.test(text)) return "it looks like a web page: download the file itself"
  return undefined
}

const readMetadata = (value: unknown, refuse: Refuse): { readonly [key: string]: string } => {
  if (value === undefined) return {}
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== "string")) {
    return refuse(`its ${metadataKey} does not map text to text`)
  }
  return value as { readonly [key: string]: string }
}

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
    return refuse(`tensor ${name} has the dtype ${brief(dtype)}; known are ${dtypes.join(", ")}`)
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return refuse(`tensor ${name} has the shape ${brief(shape)}`)
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return refuse(`tensor ${name} has the offsets ${brief(offsets)}`)
  }
  const [begin = 0, end = 0] = offsets as ReadonlyArray<number>
  if (begin > end || end > dataBytes) {
    return refuse(
      `tensor ${name} lies at bytes ${begin} to ${end} of the data, which has ${dataBytes}`
    )
  }
  // Inexact only where it is far from `end - begin`, too.
  const expected = tensorBytes(dtype as Dtype, shape)
  if (expected !== end - begin) {
    return refuse(
      `tensor ${name} is ${dtype}${brief(shape)}, ${expected} bytes, but has ${end - begin}`
    )
  }
  return { dtype: dtype as Dtype, shape, begin, end }
}

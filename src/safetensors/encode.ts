/** Writing: deterministic (equal tensors, equal bytes), and byte for byte what the reference implementation writes. */
import { type RawTensor } from "./decode.ts"
import { type Dtype, dtypes, tensorBytes } from "./dtype.ts"
import { lengthBytes, metadataKey, type TensorEntry } from "./header.ts"
import { isCount } from "./json-object.ts"

export interface SafetensorsLayout {
  /** Everything before the first tensor: the length and the header. */
  readonly head: Uint8Array
  /** Where each tensor's bytes go, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly fileBytes: number
}

/**
 * Where the tensors of a file go: wide elements first, so that each tensor is aligned, then by name. For files too large
 * to be made in memory.
 *
 * @throws RangeError when a shape is none
 */
export const layOutSafetensors = (
  tensors: {
    readonly [name: string]: { readonly dtype: Dtype; readonly shape: ReadonlyArray<number> }
  },
  metadata: { readonly [key: string]: string } = {}
): SafetensorsLayout => {
  const ordered = Object.entries(tensors).toSorted(
    ([nameA, a], [nameB, b]) =>
      dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype) || (nameA < nameB ? -1 : 1)
  )
  // Without a prototype, so that no name of a tensor is special.
  const header = Object.create(null) as Record<string, unknown>
  const keys = Object.keys(metadata).toSorted()
  if (keys.length > 0) header[metadataKey] = Object.fromEntries(keys.map((k) => [k, metadata[k]]))
  let offset = 0
  const relative: Array<readonly [name: string, entry: TensorEntry]> = []
  for (const [name, { dtype, shape }] of ordered) {
    if (name === metadataKey) throw new RangeError(`a tensor cannot be named ${metadataKey}`)
    if (shape.some((dim) => !isCount(dim)))
      throw new RangeError(`tensor ${name} has the shape [${shape.join()}]`)
    const begin = offset
    offset += tensorBytes(dtype, shape)
    header[name] = { dtype, shape, data_offsets: [begin, offset] }
    relative.push([name, { dtype, shape, begin, end: offset }])
  }
  const text = Buffer.from(JSON.stringify(header), "utf8")
  const dataStart = lengthBytes + Math.ceil(text.byteLength / 8) * 8
  const head = new Uint8Array(dataStart).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(dataStart - lengthBytes), true)
  head.set(text, lengthBytes)
  return {
    head,
    fileBytes: dataStart + offset,
    tensors: new Map(
      relative.map(([name, { begin, end, ...entry }]) => [
        name,
        { ...entry, begin: dataStart + begin, end: dataStart + end }
      ])
    )
  }
}

/**
 * A whole file.
 *
 * @throws RangeError when a tensor's bytes do not fill its shape
 */
export const encodeSafetensors = (
  tensors: { readonly [name: string]: RawTensor },
  metadata: { readonly [key: string]: string } = {}
): Uint8Array => {
  for (const [name, { bytes, dtype, shape }] of Object.entries(tensors)) {
    const expected = tensorBytes(dtype, shape)
    if (expected !== bytes.byteLength) {
      throw new RangeError(
        `tensor ${name}: ${dtype}[${shape.join(",")}] is ${expected} bytes, got ${bytes.byteLength}`
      )
    }
  }
  const layout = layOutSafetensors(tensors, metadata)
  const file = new Uint8Array(layout.fileBytes)
  file.set(layout.head)
  for (const [name, { begin }] of layout.tensors) file.set(tensors[name]!.bytes, begin)
  return file
}

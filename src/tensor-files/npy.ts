/**
 * NumPy's `.npy` files, formats 1.0 to 3.0 (numpy/lib/format.py): a magic, a header that is a Python literal, the elements.
 *
 * Nothing is executed, and nothing is allocated before the header has been checked against the file's size.
 */
import { UserError } from "../base/user-error.ts"
import type { RawTensor } from "../safetensors/decode.ts"
import { type Dtype, dtypeSizes, tensorBytes } from "../safetensors/dtype.ts"
import { rowMajor } from "./row-major.ts"

/** `|b1` and `|u1` have no byte order. */
const dtypes: { readonly [kind: string]: Dtype } = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL"
}

const magic = Buffer.from("\x93NUMPY", "latin1")
/** Far more than a name of a dtype and a shape take. */
const maxHeaderBytes = 65_536
/** As many as NumPy itself has. */
const maxRank = 64

/**
 * @param shown how messages name the file
 * @returns little-endian and row-major, whatever the file is
 * @throws UserError saying what is wrong with the file
 */
export const decodeNpy = (bytes: Uint8Array, shown = "the file"): RawTensor => {
  const refuse: Refuse = (problem, hint) => {
    throw new UserError(`${shown} cannot be read as an .npy file: ${problem}`, {
      exitCode: 1,
      ...(hint === undefined ? {} : { hint })
    })
  }
  const { start, text } = headerOf(bytes, refuse)
  const { descr, fortranOrder, shape } = parseHeader(text, refuse)
  const [, order = "", kind = ""] = /^([<>=|])(\w+)$/.exec(descr) ?? []
  const dtype = Object.hasOwn(dtypes, kind) ? dtypes[kind]! : undefined
  if (dtype === undefined || order === "=" || (order === "|") !== (dtypeSizes[dtype] === 1)) {
    return refuse(
      `its elements are ${JSON.stringify(descr)}`,
      `known are ${Object.keys(dtypes).join(", ")}; convert it in Python: numpy.save(file, array.astype("float32"))`
    )
  }
  const size = dtypeSizes[dtype]
  const expected = tensorBytes(dtype, shape)
  if (bytes.byteLength - start !== expected) {
    return refuse(
      `[${shape.join(",")}] of ${kind} is ${expected} bytes, but ${bytes.byteLength - start} follow the header`
    )
  }
  const data = Buffer.from(bytes.subarray(start))
  if (order === ">" && size === 2) data.swap16()
  if (order === ">" && size === 4) data.swap32()
  if (order === ">" && size === 8) data.swap64()
  if (!fortranOrder) return { dtype, shape, bytes: data }
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1))
  return { dtype, shape, bytes: rowMajor(data, { shape, strides, offset: 0, elementBytes: size }) }
}

type Refuse = (problem: string, hint?: string) => never

const headerOf = (
  bytes: Uint8Array,
  refuse: Refuse
): { readonly text: string; readonly start: number } => {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!file.subarray(0, magic.length).equals(magic)) {
    const isZip = file.subarray(0, 2).toString("latin1") === "PK"
    return refuse(
      "it does not begin as one",
      isZip ? "it looks like an .npz file: save its arrays one by one with numpy.save" : undefined
    )
  }
  const [major = 0, minor = 0] = file.subarray(6, 8)
  if (file.length < 12) return refuse("it is cut off")
  if (![1, 2, 3].includes(major) || minor !== 0) {
    return refuse(`it is of format ${major}.${minor}; known are 1.0, 2.0 and 3.0`)
  }
  const [length, at] = major === 1 ? [file.readUInt16LE(8), 10] : [file.readUInt32LE(8), 12]
  if (length > maxHeaderBytes) return refuse(`its header would have ${length} bytes`)
  if (at + length > file.length) return refuse("it is cut off")
  const header = file.subarray(at, at + length)
  return { text: header.toString(major === 3 ? "utf8" : "latin1"), start: at + length }
}

interface Header {
  readonly descr: string
  readonly fortranOrder: boolean
  readonly shape: ReadonlyArray<number>
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` */
const parseHeader = (text: string, refuse: Refuse): Header => {
  const [, body] = /^\s*\{(.*)\}\s*$/s.exec(text) ?? []
  const wrong = (): never => refuse(`its header is ${JSON.stringify(text.slice(0, 200))}`)
  if (body === undefined) return wrong()
  const entry =
    /\s*'(\w+)'\s*:\s*(?:'([^'\\]*)'|(True|False)|\(\s*((?:\d{1,16}L?\s*,\s*)*(?:\d{1,16}L?)?)\s*\))\s*(?:,|$)/sy
  if (/^\s*'descr'\s*:\s*\[/.test(body)) {
    return refuse("it holds records of several fields", "save each field by itself")
  }
  const found: { descr?: string; fortranOrder?: boolean; shape?: ReadonlyArray<number> } = {}
  while (body.slice(entry.lastIndex).trim() !== "") {
    const [, name, string, boolean, tuple] = entry.exec(body) ?? []
    if (name === "descr" && string !== undefined && found.descr === undefined) found.descr = string
    else if (name === "fortran_order" && boolean !== undefined && found.fortranOrder === undefined)
      found.fortranOrder = boolean === "True"
    else if (name === "shape" && tuple !== undefined && found.shape === undefined)
      found.shape = (tuple.match(/\d+/g) ?? []).map(Number)
    else return wrong()
  }
  const { descr, fortranOrder, shape } = found
  if (descr === undefined || fortranOrder === undefined || shape === undefined) return wrong()
  if (shape.length > maxRank || !shape.every(Number.isSafeInteger)) return wrong()
  return { descr, fortranOrder, shape }
}

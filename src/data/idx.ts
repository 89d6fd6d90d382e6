/**
 * IDX files, in which MNIST and its relatives come: two zero bytes, the element type, the number of dimensions, each
 * dimension as a big-endian 32-bit integer, then the elements. Plain, or compressed with gzip.
 *
 * Follows the description on MNIST's page (LeCun, Cortes & Burges). Only unsigned bytes are read.
 */
import { gunzipSync } from "node:zlib"
import { UserError } from "../base/user-error.ts"
import type { Dataset } from "../values/values.ts"

/** A file of the user's: its bytes, and how messages name it. */
export interface NamedBytes {
  readonly shown: string
  readonly bytes: Uint8Array
}

interface Idx {
  readonly shape: ReadonlyArray<number>
  readonly data: Uint8Array
}

/** More than this is no data set that fits into memory, but a damaged file. */
const mostBytes = 2 ** 31

/**
 * The file without its compression, if it has one.
 *
 * @throws UserError when a compressed file is damaged
 */
export const withoutGzip = ({ bytes, shown }: NamedBytes): Uint8Array => {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes })
  } catch (cause) {
    return refuse(
      `${shown} is a gzip file that is cut off or damaged`,
      "fetch it again: the copy is not whole",
      cause
    )
  }
}

/**
 * Images of an IDX file: `[count, height, width]` grey, or `[count, height, width, channels]`.
 *
 * @param file without compression
 * @throws UserError saying what is wrong with the file
 */
export const readIdxImages = (
  file: NamedBytes
): { readonly shape: Dataset["shape"]; readonly data: Uint8Array } => {
  const { data, shape } = readIdx(file, "images")
  const [count = 0, height = 0, width = 0, channels = 1] = shape
  return { shape: [count, height, width, channels], data }
}

/**
 * Labels of an IDX file, one an image.
 *
 * @param file without compression
 */
export const readIdxLabels = (file: NamedBytes): Uint8Array => readIdx(file, "labels").data

/** Throws unless there is a label for each image. */
export const checkPaired = (
  images: { readonly shown: string; readonly count: number },
  labels: { readonly shown: string; readonly count: number }
): void => {
  if (images.count === labels.count) return
  refuse(
    `${images.shown} has ${images.count} images, but ${labels.shown} has ${labels.count} labels`,
    "use the files of one split: both of training, or both of the test"
  )
}

/**
 * The labels as indices of classes.
 *
 * @param first the number that stands for the first class
 * @throws UserError naming the first label that is no class
 */
export const classIndices = (
  labels: Uint8Array,
  {
    classes,
    first,
    shown
  }: { readonly classes: number; readonly first: number; readonly shown: string }
): Int32Array => {
  const indices = Int32Array.from(labels, (label) => label - first)
  const stray = indices.findIndex((index) => index < 0 || index >= classes)
  if (stray >= 0) {
    refuse(
      `${shown}: the label ${labels[stray]} of image ${stray} is none of the ${classes} classes ${first} to ${first + classes - 1}`
    )
  }
  return indices
}

const refuse = (message: string, hint?: string, cause?: unknown): never => {
  throw new UserError(message, { exitCode: 1, ...(hint === undefined ? {} : { hint }), cause })
}

const unsignedByte = 0x08
/** By the third byte. */
const otherTypes: { readonly [type: number]: string } = {
  0x09: "signed bytes",
  0x0b: "16-bit integers",
  0x0c: "32-bit integers",
  0x0d: "float32",
  0x0e: "float64"
}
const ranks = { images: [3, 4], labels: [1] } as const
const magic = { images: "00 00 08 03", labels: "00 00 08 01" } as const

const readIdx = ({ bytes, shown }: NamedBytes, wanted: "images" | "labels"): Idx => {
  if (bytes.byteLength === 0) refuse(`${shown} is empty (0 bytes)`)
  const [zero0, zero1, type = 0, rank = 0] = bytes
  const known = type === unsignedByte || otherTypes[type] !== undefined
  if (bytes.byteLength < 4 || zero0 !== 0 || zero1 !== 0 || !known) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"))
    return refuse(
      `${shown} is not an IDX file of ${wanted}: it starts with ${start.join(" ")}, not with ${magic[wanted]}`,
      otherFormat(bytes)
    )
  }
  if (type !== unsignedByte) {
    refuse(`${shown} holds ${otherTypes[type]}; IDX files of unsigned bytes can be read`)
  }
  const other = wanted === "images" ? "labels" : "images"
  if ((ranks[other] as ReadonlyArray<number>).includes(rank)) {
    refuse(`${shown} holds ${other} where ${wanted} should be`, "are images and labels swapped?")
  }
  if (!(ranks[wanted] as ReadonlyArray<number>).includes(rank)) {
    refuse(`${shown} has ${rank} dimensions; ${wanted} have ${ranks[wanted].join(" or ")}`)
  }
  const headerBytes = 4 + 4 * rank
  if (bytes.byteLength < headerBytes) {
    refuse(`${shown} is cut off: it ends within its header, at byte ${bytes.byteLength}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const size = shape.reduce((product, dim) => product * dim, 1)
  const promised = `its header promises ${shape.join(" × ")} bytes, ${size} in all, and it has ${bytes.byteLength - headerBytes}`
  if (bytes.byteLength - headerBytes < size) refuse(`${shown} is cut off: ${promised}`, again)
  if (bytes.byteLength - headerBytes > size) {
    refuse(`${shown} has bytes after its end: ${promised}`, again)
  }
  if (size === 0) refuse(`${shown} holds no ${wanted}: its header says ${shape.join(" × ")}`)
  return { shape, data: bytes.subarray(headerBytes) }
}

const again = "fetch it again: the copy is not whole"

/** What a file is that people take for an IDX file. */
const otherFormat = (bytes: Uint8Array): string | undefined => {
  const text = Buffer.from(bytes.subarray(0, 64)).toString("latin1")
  if (text.startsWith("version https://git-lfs")) {
    return "it is a Git LFS pointer in place of the file: fetch the file with `git lfs pull`"
  }
  if (/^\s*</.test(text)) return "it is a web page: download the file itself"
  if (text.startsWith("PK")) return "it is a zip archive: unpack it first"
  return undefined
}

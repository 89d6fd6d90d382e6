/** Images and masks: one float32 tensor a file; the pixel range is in the type, labels in the description. */
import type { TypeExpression } from "../type-expression.ts"
import { decodeTensorFile, encodeTensorFile, tensorFileName } from "../tensor-file.ts"
import type { Image, Images, Mask, PixelRange } from "../values.ts"
import { type CodecOf, malformed, type StoredParts } from "./codec-of.ts"

export const imageCodec: CodecOf<Image> = {
  typeOf: ({ range, shape }) => ({ name: "Image", shape, range }),
  encode: ({ data, range, shape }) => {
    checkRange(range)
    checkShape("Image", shape, 3, data)
    return { meta: {}, files: encodeTensorFile(data, shape) }
  },
  decode: (stored) => {
    const { data, shape } = readFloats(stored, 3)
    return { type: "Image", shape: shape as Image["shape"], range: rangeOf(stored.type), data }
  }
}

export const imagesCodec: CodecOf<Images> = {
  typeOf: ({ range, shape }) => ({ name: "Images", shape, range }),
  encode: ({ data, labels, range, shape }) => {
    checkRange(range)
    checkShape("Images", shape, 4, data)
    if (labels !== undefined && labels.length !== shape[0]) {
      throw new TypeError(`${shape[0]} images cannot have ${labels.length} labels`)
    }
    return {
      meta: labels === undefined ? {} : { labels: [...labels] },
      files: encodeTensorFile(data, shape)
    }
  },
  decode: (stored) => {
    const { data, shape } = readFloats(stored, 4)
    const labels = stored.meta["labels"]
    const images = {
      type: "Images",
      shape: shape as Images["shape"],
      range: rangeOf(stored.type),
      data
    } as const
    if (labels === undefined) return images
    if (
      !Array.isArray(labels) ||
      labels.length !== shape[0] ||
      labels.some((label) => typeof label !== "string")
    ) {
      return malformed(`${shape[0]} images have the labels ${JSON.stringify(labels)}`)
    }
    return { ...images, labels: labels as ReadonlyArray<string> }
  }
}

export const maskCodec: CodecOf<Mask> = {
  typeOf: ({ shape }) => ({ name: "Mask", shape }),
  encode: ({ data, shape }) => {
    checkShape("Mask", shape, 2, data)
    if (!data.every(isWeight)) throw new TypeError("the weights of a mask lie between 0 and 1")
    return { meta: {}, files: encodeTensorFile(data, shape) }
  },
  decode: (stored) => {
    const { data, shape } = readFloats(stored, 2)
    if (!data.every(isWeight)) return malformed("a mask has weights outside of 0 to 1")
    return { type: "Mask", shape: shape as Mask["shape"], data }
  }
}

const isWeight = (weight: number) => weight >= 0 && weight <= 1

const checkRange = (range: string) => {
  if (range !== "[-1,1]" && range !== "[0,1]") {
    throw new TypeError(`the pixel range ${JSON.stringify(range)} is neither [-1,1] nor [0,1]`)
  }
}

/** Checks what the file format does not: the rank, and that the data are single precision. */
const checkShape = (
  name: string,
  shape: ReadonlyArray<number>,
  rank: number,
  data: Float32Array
) => {
  if (!(data instanceof Float32Array))
    throw new TypeError(`the data of ${name} must be a Float32Array`)
  const size = shape.reduce((product, dim) => product * dim, 1)
  if (shape.length !== rank || size !== data.length) {
    throw new TypeError(`${name}[${shape.join(",")}] cannot hold ${data.length} numbers`)
  }
}

const rangeOf = (type: TypeExpression): PixelRange =>
  type.range === "[-1,1]" || type.range === "[0,1]"
    ? type.range
    : malformed(`its type has no pixel range`)

const readFloats = (stored: StoredParts, rank: number) => {
  const { data, shape } = decodeTensorFile(stored.read(tensorFileName))
  if (!(data instanceof Float32Array)) return malformed(`${stored.type.name} is not float32`)
  if (shape.length !== rank) return malformed(`${stored.type.name} has ${shape.length} dimensions`)
  return { data, shape }
}

/**
 * Picture files to images: PNG, JPEG, WebP, AVIF, TIFF, GIF (its first picture) and SVG.
 *
 * Decoding is left to sharp, which is loaded when the first picture is read: EXIF orientation, palettes, CMYK and
 * embedded profiles end up as sRGB. Transparency, grey, resizing and the pixel range are ours, in floating point, so that
 * 16-bit pictures keep their precision and nothing is rounded to bytes on the way.
 */
import type { Metadata, SharpOptions } from "sharp"
import { UserError } from "../base/user-error.ts"
import { type Colour, luma, parseColour } from "./colour.ts"
import { fromFraction } from "./quantise.ts"
import {
  axisWeights,
  containedSize,
  coverWindow,
  type Interpolation,
  resample
} from "./resample.ts"
import type { Image, PixelRange } from "./values.ts"

export const fits = ["cover", "contain", "stretch"] as const
export type Fit = (typeof fits)[number]

export interface PictureRequest {
  /** Absent: as large as the picture is; an SVG as large as it says. */
  readonly size?: readonly [height: number, width: number]
  readonly fit: Fit
  readonly channels: "rgb" | "grey"
  readonly range: PixelRange
  readonly interpolation: Interpolation
  /** `#rrggbb`, behind transparent pixels and around what `contain` leaves free. */
  readonly background: string
}

/** A file of the user's; `path` is as the user wrote it. */
export interface PictureSource {
  readonly path: string
  readonly read: () => Promise<Uint8Array>
}

/** 16,384 × 16,384. A header can claim any size; beyond this one it is refused before anything is allocated. */
const maxPixels = 2 ** 28

/**
 * @param log told what a reader of the log should know, such as that further pages were left out
 * @throws UserError naming the file when it cannot be read as a picture; a file that is cut off is refused, not half grey
 */
export const readPicture = async (
  source: PictureSource,
  request: PictureRequest,
  log: (line: string) => void
): Promise<Image> => {
  const bytes = await readBytes(source)
  const metadata = await readMetadata(source.path, bytes)
  if ((metadata.pages ?? 1) > 1) {
    log(`${source.path} has ${metadata.pages} pages or frames; the first is read`)
  }
  if (metadata.format === "svg") inspectSvg(source.path, bytes, log)
  const decoded = await decode(source.path, bytes, metadata, request.size)
  return finish(decoded, request)
}

const refuse = (message: string, hint?: string, cause?: unknown): never => {
  throw new UserError(message, { exitCode: 1, ...(hint === undefined ? {} : { hint }), cause })
}

const supported = "PNG, JPEG, WebP, AVIF, TIFF, GIF and SVG pictures can be read"
const damaged = "open it in an image viewer; if it is whole there, save it again"

const readBytes = async ({ path, read }: PictureSource): Promise<Uint8Array> => {
  const bytes = await read().catch((error: NodeJS.ErrnoException) => {
    switch (error.code) {
      case "EISDIR":
        return refuse(`${path} is a folder, not a picture`, "name a file in it", error)
      case "ENOENT":
        return refuse(`${path} does not exist`, undefined, error)
      case "EACCES":
        return refuse(`${path} may not be read`, "check its permissions", error)
      default:
        throw error
    }
  })
  return bytes.byteLength === 0 ? refuse(`${path} is empty (0 bytes)`, supported) : bytes
}

const loadSharp = async () => (await import("sharp")).default

const readMetadata = async (path: string, bytes: Uint8Array): Promise<Metadata> => {
  const sharp = await loadSharp()
  // The limit is checked here, with a message that says more than sharp's own.
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: Error) =>
      cause.message.includes("unsupported image format")
        ? refuse(`${path} is not a picture of a format that can be read`, supported, cause)
        : refuse(`${path} is cut off or damaged: ${firstLine(cause)}`, damaged, cause)
    )
  const pixels = metadata.width * metadata.height
  if (pixels > maxPixels) {
    return refuse(
      `${path} is ${metadata.width} × ${metadata.height} pixels, ${count(pixels)} in all; the limit is ${count(maxPixels)}`,
      "make it smaller before it is loaded"
    )
  }
  if (metadata.depth !== "uchar" && metadata.depth !== "ushort") {
    return refuse(
      `${path} has samples of the type ${metadata.depth}, whose black and white are not defined`,
      "save it with 8 or 16 bits a channel"
    )
  }
  return metadata
}

const count = (pixels: number) => pixels.toLocaleString("en-US")
const firstLine = (error: Error) => error.message.split("\n")[0]!.trim()

/** An element that would draw another file, and that file's address. */
const outsideReference =
  /<(?:\w+:)?(?:image|use|feImage)\b[^>]*?\bhref\s*=\s*(["'])\s*(?!#|data:|\1)(.*?)\1/is

/** librsvg reads no other files for a picture that it is given as bytes; it leaves them out without a word. */
const inspectSvg = (path: string, bytes: Uint8Array, log: (line: string) => void) => {
  const text = new TextDecoder().decode(bytes)
  const outside = outsideReference.exec(text)?.[2]
  if (outside !== undefined) {
    refuse(
      `${path} shows another file, ${outside}, which is not read with it`,
      "embed that picture in the SVG as a data: address"
    )
  }
  if (/<(?:\w+:)?text\b/i.test(text)) {
    log(
      `${path} contains text: it is drawn with this machine's fonts and may look different elsewhere`
    )
  }
}

interface Decoded {
  /** Row-major `[height, width, channels]`: grey or RGB, with alpha as a last channel if the number is even. */
  readonly samples: Uint8Array | Uint16Array
  readonly height: number
  readonly width: number
  readonly channels: number
  /** The sample that stands for white. */
  readonly white: number
}

const decode = async (
  path: string,
  bytes: Uint8Array,
  metadata: Metadata,
  size: PictureRequest["size"]
): Promise<Decoded> => {
  const sharp = await loadSharp()
  const options: SharpOptions = {
    limitInputPixels: false,
    failOn: "truncated",
    ...(metadata.format === "svg" && size !== undefined
      ? { density: svgDensity(metadata, size) }
      : {})
  }
  const wide = metadata.depth === "ushort"
  const grey = metadata.space === "b-w" || metadata.space === "grey16"
  // sharp drops the alpha channel on the way to b-w, though not to grey16.
  const narrow = grey && !metadata.hasAlpha ? "b-w" : "srgb"
  const space = wide ? (grey ? "grey16" : "rgb16") : narrow
  const { data, info } = await sharp(bytes, options)
    .autoOrient()
    .toColourspace(space)
    .raw({ depth: wide ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: Error) =>
      refuse(`${path} is cut off or damaged: ${firstLine(cause)}`, damaged, cause)
    )
  const { channels, height, width } = info
  const samples = wide
    ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { samples, height, width, channels, white: wide ? 65535 : 255 }
}

/**
 * The resolution at which an SVG is drawn: several times the size asked for where that is small, so that resizing to it
 * smooths the edges well. At 72 an SVG has the size that it says.
 */
const svgDensity = ({ height, width }: Metadata, size: readonly [number, number]): number => {
  const scale = Math.max(size[0] / height, size[1] / width)
  const larger = Math.max(height, width) * scale
  const oversampling = Math.min(Math.max(Math.floor(2048 / larger), 1), 4)
  // sharp's own bounds.
  return Math.min(Math.max(72 * scale * oversampling, 1), 100_000)
}

const finish = (decoded: Decoded, request: PictureRequest): Image => {
  const background = parseColour(request.background)
  const opaque = withoutAlpha(decoded, background)
  const coloured = request.channels === "grey" ? toGrey(opaque) : toRgb(opaque)
  const channels = request.channels === "grey" ? 1 : 3
  const behind = request.channels === "grey" ? [luma(...background)] : background
  const { data, height, width } = resize({ ...coloured, channels }, request, behind)
  return {
    type: "Image",
    shape: [height, width, channels],
    range: request.range,
    data: inRange(data, request.range)
  }
}

interface Pixels {
  /** Fractions between black and white times `white`. */
  readonly samples: ArrayLike<number>
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly white: number
}

const withoutAlpha = (picture: Decoded, background: Colour): Pixels => {
  const { channels, height, samples, white, width } = picture
  if (channels % 2 === 1) return picture
  const colours = channels - 1
  const behind = colours === 1 ? [luma(...background)] : background
  const flat = new Float64Array(height * width * colours)
  for (let pixel = 0; pixel < height * width; pixel += 1) {
    const alpha = samples[pixel * channels + colours]! / white
    for (let c = 0; c < colours; c += 1) {
      flat[pixel * colours + c] =
        alpha * samples[pixel * channels + c]! + (1 - alpha) * behind[c]! * white
    }
  }
  return { ...picture, samples: flat, channels: colours }
}

const toGrey = (picture: Pixels): Pixels => {
  if (picture.channels === 1) return picture
  const { height, samples, width } = picture
  const grey = new Float64Array(height * width)
  for (let pixel = 0, at = 0; pixel < grey.length; pixel += 1, at += 3) {
    grey[pixel] = luma(samples[at]!, samples[at + 1]!, samples[at + 2]!)
  }
  return { ...picture, samples: grey, channels: 1 }
}

const toRgb = (picture: Pixels): Pixels => {
  if (picture.channels === 3) return picture
  const { samples } = picture
  const rgb = new Float64Array(samples.length * 3)
  for (let pixel = 0; pixel < samples.length; pixel += 1) {
    rgb.fill(samples[pixel]!, pixel * 3, pixel * 3 + 3)
  }
  return { ...picture, samples: rgb, channels: 3 }
}

const inRange = (fractions: Float64Array, range: PixelRange): Float32Array => {
  const pixels = new Float32Array(fractions.length)
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = fromFraction(fractions[i]!, range)
  return pixels
}

/**
 * Divides in place; a copy is made of samples that are not floating point. Kernels with negative lobes overshoot at
 * edges: a picture is never brighter than white, so that is cut off.
 */
const toFractions = (samples: ArrayLike<number>, white: number): Float64Array => {
  const fractions = samples instanceof Float64Array ? samples : new Float64Array(samples)
  for (let i = 0; i < fractions.length; i += 1) {
    fractions[i] = Math.min(Math.max(fractions[i]! / white, 0), 1)
  }
  return fractions
}

interface Fractions {
  readonly data: Float64Array
  readonly height: number
  readonly width: number
}

const resize = (
  picture: Pixels,
  { fit, interpolation, size }: PictureRequest,
  background: ReadonlyArray<number>
): Fractions => {
  const { channels, height, samples, white, width } = picture
  if (size === undefined || (size[0] === height && size[1] === width)) {
    return { data: toFractions(samples, white), height, width }
  }
  const window = fit === "cover" ? coverWindow([height, width], size) : undefined
  const inner = fit === "contain" ? containedSize([height, width], size) : size
  const resized = toFractions(
    resample(
      samples,
      channels,
      axisWeights(height, inner[0], interpolation, window?.rows),
      axisWeights(width, inner[1], interpolation, window?.columns)
    ),
    white
  )
  return fit === "contain"
    ? surround(resized, inner, size, background)
    : { data: resized, height: size[0], width: size[1] }
}

/** Puts the picture in the middle of a plain one. */
const surround = (
  data: Float64Array,
  [innerHeight, innerWidth]: readonly [number, number],
  [height, width]: readonly [number, number],
  background: ReadonlyArray<number>
): Fractions => {
  const channels = background.length
  const canvas = Float64Array.from(
    { length: height * width * channels },
    (_, index) => background[index % channels]!
  )
  const [top, left] = [Math.floor((height - innerHeight) / 2), Math.floor((width - innerWidth) / 2)]
  const rowLength = innerWidth * channels
  for (let y = 0; y < innerHeight; y += 1) {
    canvas.set(
      data.subarray(y * rowLength, (y + 1) * rowLength),
      ((top + y) * width + left) * channels
    )
  }
  return { data: canvas, height, width }
}

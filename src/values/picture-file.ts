/** Images as picture files: PNG, JPEG and WebP through sharp, which is loaded when the first one is written. */
import type { Sharp } from "sharp"
import { UserError } from "../base/user-error.ts"
import { enlarge } from "./enlarge.ts"
import { quantise } from "./quantise.ts"
import { arrangeRow } from "./sheet.ts"
import type { Image, Images, Mask } from "./values.ts"

export const pictureFormats = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp"
} as const
export type PictureFormat = keyof typeof pictureFormats

export interface PictureOptions {
  /** Whole number by which pixels are enlarged. */
  readonly scale?: number
}

/**
 * A PNG of the image with 8 bits a channel; several images stand in a row. Equal images give equal bytes.
 *
 * @throws UserError when the images have more than 4 channels
 */
export const encodePng = (
  image: Image | Images | Mask,
  options: PictureOptions = {}
): Promise<Uint8Array> => encodePicture(image, "png", options)

/** JPEG is written at quality 95 without colour subsampling, WebP without loss. */
export const encodePicture = async (
  picture: Image | Images | Mask,
  format: PictureFormat,
  { scale = 1 }: PictureOptions = {}
): Promise<Uint8Array> => {
  const { data, range, shape } = asImage(picture)
  const [height, width, channels] = shape
  if (channels < 1 || channels > 4) {
    throw new UserError(`a picture has 1 to 4 channels, not ${channels}`, {
      exitCode: 1,
      hint: "save the images as safetensors"
    })
  }
  const pixels = enlarge(quantise(data, range), shape, scale)
  const { default: sharp } = await import("sharp")
  const image = sharp(pixels, {
    raw: { width: width * scale, height: height * scale, channels: channels as 1 | 2 | 3 | 4 }
  })
  // sharp writes one channel as sRGB unless told otherwise.
  const coloured = channels < 3 ? image.toColourspace("b-w") : image
  return new Uint8Array(await writers[format](coloured).toBuffer())
}

/** Settings that give equal bytes for equal pixels. */
const writers: Record<PictureFormat, (image: Sharp) => Sharp> = {
  png: (image) => image.png({ compressionLevel: 9, adaptiveFiltering: true, palette: false }),
  webp: (image) => image.webp({ lossless: true }),
  jpg: (image) => image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  jpeg: (image) => image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
}

const asImage = (picture: Image | Images | Mask): Image => {
  if (picture.type === "Images") return arrangeRow(picture)
  if (picture.type === "Image") return picture
  return { ...picture, type: "Image", shape: [...picture.shape, 1], range: "[0,1]" }
}

/** Bytes for a screen out of a value's numbers: 8-bit RGB, several images side by side in one sheet. */
import { quantise } from "../../values/quantise.ts"
import type { Image, Images, Mask, PixelRange } from "../../values/values.ts"

/** Row-major `[height, width, 3]`. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

export const rasterOf = (value: Image | Images | Mask): Raster => {
  if (value.type === "Mask") {
    const [height, width] = value.shape
    return sheet([plane(value.data, height, width, 1, "[0,1]")])
  }
  if (value.type === "Image") {
    const [height, width, channels] = value.shape
    return sheet([plane(value.data, height, width, channels, value.range)])
  }
  const [count, height, width, channels] = value.shape
  const size = height * width * channels
  return sheet(
    Array.from({ length: count }, (_, index) =>
      plane(
        value.data.subarray(index * size, (index + 1) * size),
        height,
        width,
        channels,
        value.range
      )
    )
  )
}

/** Grey is repeated in three channels; channels after the third are left out. */
const plane = (
  data: Float32Array,
  height: number,
  width: number,
  channels: number,
  range: PixelRange
): Raster => {
  const levels = quantise(data, range)
  const bytes = new Uint8Array(width * height * 3)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      bytes[pixel * 3 + channel] = levels[pixel * channels + (channels >= 3 ? channel : 0)] ?? 0
    }
  }
  return { width, height, data: bytes }
}

/** Rows of images of one size with a gap of a few dark pixels, as near to a landscape page as their number allows. */
const sheet = (images: ReadonlyArray<Raster>): Raster => {
  const [first] = images
  if (first === undefined) return { width: 0, height: 0, data: new Uint8Array() }
  if (images.length === 1) return first
  const gap = Math.max(1, Math.round(first.width / 32))
  const across = images.length <= 6 ? images.length : Math.ceil(Math.sqrt(images.length * 1.6))
  const down = Math.ceil(images.length / across)
  const width = across * first.width + (across - 1) * gap
  const height = down * first.height + (down - 1) * gap
  const data = new Uint8Array(width * height * 3)
  for (const [index, image] of images.entries()) {
    const left = (index % across) * (first.width + gap)
    const top = Math.floor(index / across) * (first.height + gap)
    for (let row = 0; row < image.height; row++) {
      const line = image.data.subarray(row * image.width * 3, (row + 1) * image.width * 3)
      data.set(line, ((top + row) * width + left) * 3)
    }
  }
  return { width, height, data }
}

/** A smaller picture by the mean of the pixels that fall into each new one; a larger one by repetition. */
export const resample = (image: Raster, width: number, height: number): Raster => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * image.height) / height)
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * image.height) / height))
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * image.width) / width)
      const right = Math.max(left + 1, Math.floor(((x + 1) * image.width) / width))
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            sum += image.data[(row * image.width + column) * 3 + channel] ?? 0
          }
        }
        data[(y * width + x) * 3 + channel] = Math.round(sum / ((bottom - top) * (right - left)))
      }
    }
  }
  return { width, height, data }
}

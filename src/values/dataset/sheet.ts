import { arrangeSheet, imageAt } from "../sheet.ts"
import type { Dataset, Image } from "../values.ts"
import { firstImages } from "./images.ts"

/** Images a row; ten rows, too, are what a screen shows. */
const across = 10
const most = 100

/** The first images of a dataset, to look at. Channels beyond grey and RGB are left out. */
export const datasetSheet = (dataset: Dataset): Image => {
  const images = withShownChannels(firstImages(dataset, most))
  const [count, , width] = images.shape
  const rows = Array.from({ length: Math.ceil(count / across) }, (_, row) => ({
    cells: Array.from({ length: Math.min(across, count - row * across) }, (_, column) =>
      imageAt(images, row * across + column)
    )
  }))
  return arrangeSheet(rows, {
    range: images.range,
    // Small digits are doubled, so that people can see them.
    scale: width <= 32 ? 2 : 1,
    gap: 2,
    background: [0.25, 0.25, 0.25]
  })
}

const withShownChannels = (images: ReturnType<typeof firstImages>) => {
  const [count, height, width, channels] = images.shape
  if (channels === 1 || channels === 3) return images
  const kept = channels > 3 ? 3 : 1
  const pixels = count * height * width
  const data = new Float32Array(pixels * kept)
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < kept; channel++) {
      data[pixel * kept + channel] = images.data[pixel * channels + channel]!
    }
  }
  return { ...images, shape: [count, height, width, kept] as const, data }
}

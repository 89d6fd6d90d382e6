/** Small data sets and networks to train. */
import { normal, uniform } from "../../src/engine/random/streams.ts"
import { freshModel } from "../../src/models/model-value.ts"
import type { LoopContext } from "../../src/engine/tensors.ts"
import type { Architecture, Dataset, Model, PixelRange } from "../../src/values/values.ts"

export const size = 8

/** Images of bars, one for each class, with some noise in them. */
export const bars = (count: number, { classes = 2, grain = 0, seed = 1 } = {}): Dataset => {
  const labels = Int32Array.from({ length: count }, (_, image) => image % Math.max(1, classes))
  const data = new Uint8Array(count * size * size)
  for (const [image, label] of labels.entries()) {
    const noise = normal(seed, "grain", size * size, image)
    for (let pixel = 0; pixel < size * size; pixel++) {
      const lit = Math.floor(pixel / size) % 4 === (label * 2) % 4
      const value = (lit ? 200 : 40) + grain * noise[pixel]!
      data[image * size * size + pixel] = Math.max(0, Math.min(255, Math.round(value)))
    }
  }
  return {
    type: "Dataset",
    name: "bars",
    shape: [count, size, size, 1],
    range: "[0,1]",
    data,
    classes: Array.from({ length: classes }, (_, label) => `bar ${label}`),
    ...(classes === 0 ? {} : { labels })
  }
}

/** Images of noise. */
export const noise = (count: number): Dataset => ({
  ...bars(count),
  data: Uint8Array.from(uniform(5, "pixels", count * size * size), (u) => Math.floor(u * 256))
})

type UNetArchitecture = Extract<Architecture, { kind: "unet" }>

export const smallUNet = (
  settings: Partial<UNetArchitecture> = {},
  range: PixelRange = "[0,1]"
): Model =>
  freshModel(
    {
      kind: "unet",
      channels: 4,
      imageSize: size,
      imageChannels: 1,
      time: "none",
      classes: 0,
      ...settings
    },
    range,
    7
  )

export const smallClassifier = (classes = 2): Model =>
  freshModel(
    { kind: "classifier", channels: 4, imageSize: size, imageChannels: 1, classes },
    "[0,1]",
    7
  )

export const quiet = (): LoopContext => ({
  progress: () => {},
  signal: new AbortController().signal
})

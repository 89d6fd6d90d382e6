import { compute, toTensor } from "#src/engine/tensors.ts"
import { tf } from "#src/engine/tf.ts"
import { defineStage, port } from "#src/stage.ts"
import { parseColour } from "#src/values/colour.ts"
import { Colour, Fit, Interpolation, Size, sidesOf } from "#src/values/param-schemas.ts"
import { fromFraction } from "#src/values/quantise.ts"
import { type AxisWeights, axisWeights, containedSize, coverWindow } from "#src/values/resample.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Makes images larger or smaller, in floating point; values outside of the pixel range stay.",
  source: "Pillow's `resize` (kernels and pixel centres), not rounded to bytes",
  params: Schema.Struct({
    size: Size,
    fit: Fit,
    interpolation: Interpolation,
    background: Colour.annotate({ description: "The border that fit: contain adds." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed("#ffffff"))
    )
  }),
  inputs: { images: port("Images[N,H,W,C] in R", { description: "One or several images." }) },
  outputs: { images: port("Images[N,H2,W2,C] in R", { description: "The resized images." }) },
  bind: ({ size }) => ({ H2: sidesOf(size)[0], W2: sidesOf(size)[1] }),
  check: ({ background, fit }, { dims: { C } }) => {
    const { 0: red, 1: green, 2: blue } = parseColour(background)
    return fit === "contain" && C !== undefined && C !== 3 && (red !== green || green !== blue)
      ? [
          {
            path: ["background"],
            message: `images of ${C} channel${C === 1 ? "" : "s"} cannot have the background ${background}`,
            hint: 'use a grey such as "#808080"'
          }
        ]
      : []
  },
  example: `small:
  uses: image/resize
  in: { images: photo.image }
  with: { size: 64, interpolation: area }
`,
  run: ({ inputs: { images }, params: { background, fit, interpolation, size } }) => {
    const [count, height, width, channels] = images.shape
    const [outHeight, outWidth] = sidesOf(size)
    const inner =
      fit === "contain"
        ? containedSize([height, width], [outHeight, outWidth])
        : ([outHeight, outWidth] as const)
    const window = fit === "cover" ? coverWindow([height, width], [outHeight, outWidth]) : undefined
    const rows = axisWeights(height, inner[0], interpolation, window?.rows)
    const columns = axisWeights(width, inner[1], interpolation, window?.columns)
    const [top, left] = [
      Math.floor((outHeight - inner[0]) / 2),
      Math.floor((outWidth - inner[1]) / 2)
    ]
    const margins = [
      [0, 0],
      [top, outHeight - inner[0] - top],
      [left, outWidth - inner[1] - left],
      [0, 0]
    ] as Array<[number, number]>
    const colour = parseColour(background).map((fraction) => fromFraction(fraction, images.range))
    const resized = compute(() => {
      const input = toTensor(images)
      // Channels become images of their own, so that each axis is one product of matrices.
      const planes = tf.reshape(tf.transpose(input, [0, 3, 1, 2]), [
        count * channels,
        height,
        width
      ])
      const narrow = tf.matMul(planes, weightMatrix(columns), false, true)
      const small = tf.matMul(
        weightMatrix(rows),
        tf.reshape(tf.transpose(narrow, [1, 0, 2]), [height, -1])
      )
      const stacked = tf.reshape(small, [inner[0], count, channels, inner[1]])
      const pixels = tf.transpose(stacked, [1, 0, 3, 2])
      if (fit !== "contain") return pixels
      const behind = tf.tensor1d(Array.from({ length: channels }, (_, c) => colour[c % 3]!))
      // Padding with 0 around the difference to the background is padding with the background.
      return tf.add(tf.pad(tf.sub(pixels, behind), margins), behind)
    })
    return {
      images: { ...images, shape: [count, outHeight, outWidth, channels] as const, data: resized }
    }
  }
})

/** Shape `[outputs, inputs]`. */
const weightMatrix = ({ inputSize, starts, weights }: AxisWeights) => {
  const dense = new Float32Array(starts.length * inputSize)
  for (const [output, start] of starts.entries())
    dense.set(weights[output]!, output * inputSize + start)
  return tf.tensor2d(dense, [starts.length, inputSize])
}

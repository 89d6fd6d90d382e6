/**
 * Floating-point operations of the networks, a multiply-add counting as two: of convolutions and matrix products alone,
 * since all else is bound by memory.
 */
import { block, type CaseSpec } from "./cases.ts"

export interface Flop {
  readonly convolution: number
  readonly product: number
}

const sum = (counts: ReadonlyArray<number>) => counts.reduce((total, count) => total + count, 0)

/** From `inputs` channels to `outputs`, `size` pixels a side in the output. */
const conv = (inputs: number, outputs: number, size: number, kernel = 3) =>
  2 * kernel ** 2 * inputs * outputs * size ** 2

/** Transposed, 4x4 with stride 2: each pixel of the *input*, `size` a side, reaches all taps. */
const upConv = (inputs: number, outputs: number, size: number) => conv(inputs, outputs, size, 4)

const product = (rows: number, inner: number, columns: number) => 2 * rows * inner * columns

/** One image through the U-Net of width `d`. */
const unetFlop = (d: number): Flop => ({
  convolution: sum([
    conv(1, d, 28),
    conv(d, d, 28),
    ...[d, d, d].map((inputs) => conv(inputs, d, 14)),
    conv(d, 2 * d, 7),
    conv(2 * d, 2 * d, 7),
    conv(2 * d, 2 * d, 7),
    upConv(4 * d, d, 7),
    conv(d, d, 14),
    conv(d, d, 14),
    upConv(2 * d, d, 14),
    conv(d, d, 28),
    conv(d, d, 28),
    conv(2 * d, d, 28),
    conv(d, d, 28),
    conv(d, 1, 28)
  ]),
  product: sum([
    // From one pixel to 7x7.
    product(1, 2 * d, 49 * 2 * d),
    // Embeddings of time and class, at the bottom and half way up.
    ...[2 * d, d].flatMap((width) =>
      [1, 10].flatMap((inputs) => [product(1, inputs, width), product(1, width, width)])
    )
  ])
})

const blockFlop = (): Flop => {
  const { channels, size } = block
  const tokens = size ** 2
  return {
    convolution: 2 * conv(channels, channels, size),
    product: sum([
      product(tokens, channels, 3 * channels),
      // Scores and mixture; the heads share the channels.
      2 * product(tokens, channels, tokens),
      product(tokens, channels, channels)
    ])
  }
}

/**
 * One step of a case. The gradients of a convolution or product, with respect to its input and to its weights, each cost as
 * much as itself, so a training step is three forward passes (that the first layer needs no gradient of its input is
 * neglected: 0.06 % at D = 64).
 */
export const flopOf = ({ batch, model, task, width }: CaseSpec): Flop => {
  const { convolution, product } = model === "unet" ? unetFlop(width) : blockFlop()
  const times = batch * (task === "train" ? 3 : 1)
  return { convolution: convolution * times, product: product * times }
}

/** The blocks of the U-Net for digits; names and sizes as in the table of `unet.ts`. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { convNormGelu } from "../modules/conv-norm-gelu.ts"
import { type Module, sequence } from "../modules/module.ts"

type Block = Module<Tensor4D>

/** Keeps the size. */
const same = (name: string, inputs: number, outputs: number): Block =>
  convNormGelu(name, { inputs, outputs, kernel: 3, stride: 1, padding: 1 })

/** Two convolutions: `NAME.conv1`, `NAME.conv2`. */
export const convBlock = (name: string, inputs: number, outputs: number): Block =>
  sequence(same(`${name}.conv1`, inputs, outputs), same(`${name}.conv2`, outputs, outputs))

/** Halves the size, then a block: `NAME.down`, `NAME.block`. */
export const downBlock = (name: string, inputs: number, outputs: number): Block =>
  sequence(
    convNormGelu(`${name}.down`, { inputs, outputs, kernel: 3, stride: 2, padding: 1 }),
    convBlock(`${name}.block`, outputs, outputs)
  )

/** Doubles the size, then a block: `NAME.up`, `NAME.block`. */
export const upBlock = (name: string, inputs: number, outputs: number): Block =>
  sequence(
    convNormGelu(`${name}.up`, {
      transposed: true,
      inputs,
      outputs,
      kernel: 4,
      stride: 2,
      padding: 1
    }),
    convBlock(`${name}.block`, outputs, outputs)
  )

/** From one pixel to `size` a side. */
export const unflatten = (name: string, channels: number, size: number): Block =>
  convNormGelu(name, {
    transposed: true,
    inputs: channels,
    outputs: channels,
    kernel: size,
    stride: size,
    padding: 0
  })

/** Layers with weights from a file, and the same with weights that were decoded by hand. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { compile } from "#src/engine/compile.ts"
import { tf } from "#src/engine/tf.ts"
import { openWeights } from "#src/engine/weights/open-weights.ts"
import { weightTensor } from "#src/engine/weights/weight-tensor.ts"
import { encodeSafetensors } from "#src/safetensors/encode.ts"
import { raw } from "./files.ts"
import { bfloat16Value, float16Value } from "./half-precision.ts"

/** PyTorch's orders of axes: a matrix `[outputs, inputs]`, a filter `[outputs, inputs, height, width]`. */
const shapes = {
  matrix: [24, 16],
  bias: [24],
  filter: [20, 16, 3, 3],
  table: [10, 16]
} as const

const count = (shape: ReadonlyArray<number>): number => shape.reduce((size, dim) => size * dim, 1)

/** Bits of numbers of both signs between a quarter and one half. */
const bits = (size: number, first: number, steps: number): Uint16Array =>
  Uint16Array.from(
    { length: size },
    (_, at) => first + ((at * 37) % steps) + (at % 3 === 0 ? 0x8000 : 0)
  )

const storedAs = {
  F32: (size: number) => {
    const data = Float32Array.from({ length: size }, (_, at) => Math.fround(Math.sin(at) / 3))
    return { data, values: data }
  },
  F16: (size: number) => {
    const data = bits(size, 0x3400, 1024)
    return { data, values: Float32Array.from(data, float16Value) }
  },
  BF16: (size: number) => {
    const data = bits(size, 0x3e80, 128)
    return { data, values: Float32Array.from(data, bfloat16Value) }
  }
} as const

type Get = (name: keyof typeof shapes) => Tensor

/**
 * @param folder to write into
 * @returns by type, layer and way of calling, the largest difference between the two
 */
export const differencesOfLayers = (folder: string): Readonly<Record<string, number>> => {
  const numbers = (shape: ReadonlyArray<number>) =>
    tf.tensor(
      Float32Array.from({ length: count(shape) }, (_, at) => Math.cos(at * 1.7)),
      [...shape]
    )
  const differences: Record<string, number> = {}
  for (const [dtype, make] of Object.entries(storedAs)) {
    const made = Object.entries(shapes).map(([name, shape]) => {
      const { data, values } = make(count(shape))
      return { name, shape, data, values }
    })
    const file = path.join(folder, `${dtype}.safetensors`)
    const content = made.map(({ data, name, shape }) => [
      name,
      raw(dtype as keyof typeof storedAs, shape, data)
    ])
    writeFileSync(file, encodeSafetensors(Object.fromEntries(content)))
    const weights = openWeights(file)
    const fromFile: Get = (name) => weightTensor(weights, name)
    const byHand: Get = (name) => {
      const { shape, values } = made.find((one) => one.name === name)!
      return tf.tensor(values, [...shape])
    }
    const layers: Readonly<Record<string, (get: Get) => Tensor>> = {
      linear: (get) => tf.add(tf.matMul(numbers([5, 16]), get("matrix"), false, true), get("bias")),
      "batched linear": (get) =>
        tf.matMul(numbers([2, 3, 16]), tf.transpose(get("matrix")).expandDims(0)),
      conv: (get) =>
        tf.conv2d(
          numbers([2, 8, 8, 16]) as Tensor4D,
          tf.transpose(get("filter"), [2, 3, 1, 0]) as Tensor4D,
          1,
          "same"
        ),
      embedding: (get) => tf.gather(get("table"), tf.tensor1d([3, 1, 9], "int32")),
      "read back": (get) => get("filter")
    }
    for (const [layer, apply] of Object.entries(layers)) {
      const compare = (way: string, result: () => Tensor) =>
        tf.tidy(() => {
          const difference = tf.max(tf.abs(tf.sub(result(), apply(byHand)))).dataSync()[0]!
          differences[`${dtype} ${layer}, ${way}`] = difference
        })
      compare("eager", () => apply(fromFile))
      const compiled = compile(() => apply(fromFile))
      compare("compiled", compiled)
      compare("compiled, again", compiled)
    }
  }
  return differences
}

/** Tensors made from numbers alone: their values are known at once, and are an input of the program as other data is. */
import { type Value, Value as Values } from "../graph/value.ts"
import { type Composite } from "./kernel.ts"

const floats = (array: Float32Array): Value =>
  Values.resident({ shape: [array.length], dtype: "float32" }, { at: "host", array })

/** `start + i·step` below `stop`; a step of 1 counts downwards when `stop` is less than `start`, as tfjs has it. */
const range: Composite = {
  name: "Range",
  inputs: [],
  expand: (_, __, attrs) => {
    const {
      dtype,
      start,
      step: given,
      stop
    } = attrs as {
      readonly dtype: "float32" | "int32"
      readonly start: number
      readonly stop: number
      readonly step: number
    }
    const isEmpty = start === stop || (start < stop && given < 0) || (stop < start && given > 1)
    const length = isEmpty ? 0 : Math.abs(Math.ceil((stop - start) / given))
    const step = stop < start && given === 1 ? -1 : given
    const at = (_value: unknown, index: number) => start + index * step
    if (dtype === "float32") return [floats(Float32Array.from({ length }, at))]
    const array = Int32Array.from({ length }, at)
    return [Values.resident({ shape: [length], dtype }, { at: "host", array })]
  }
}

/** `num` numbers from `start` to `stop`, both included. */
const linSpace: Composite = {
  name: "LinSpace",
  inputs: [],
  expand: (_, __, attrs) => {
    const { num, start, stop } = attrs as {
      readonly start: number
      readonly stop: number
      readonly num: number
    }
    const step = num === 1 ? 0 : (stop - start) / (num - 1)
    return [floats(Float32Array.from({ length: num }, (_value, index) => start + index * step))]
  }
}

export const sequenceKernels: ReadonlyArray<Composite> = [range, linSpace]

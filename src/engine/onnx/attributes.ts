/** Attributes of an ONNX node. A bare number is an integer, as most attributes are; a float says so by `float(…)`. */
export type Attribute = number | string | ReadonlyArray<number> | Float | Floats

export interface Float {
  readonly float: number
}
export interface Floats {
  readonly floats: ReadonlyArray<number>
}
export interface Attributes {
  readonly [name: string]: Attribute
}

export const float = (value: number): Float => ({ float: value })
export const floats = (values: ReadonlyArray<number>): Floats => ({ floats: values })

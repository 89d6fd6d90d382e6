import { type Value } from "./value.ts"

/** A tensor of complex numbers: its parts are two tensors of float32 and one shape. The graph itself knows only these. */
export class ComplexValue {
  readonly real: Value
  readonly imag: Value

  constructor(real: Value, imag: Value) {
    this.real = real
    this.imag = imag
  }

  get parts(): readonly [real: Value, imag: Value] {
    return [this.real, this.imag]
  }
  get shape(): ReadonlyArray<number> {
    return this.real.shape
  }
  get dtype(): "complex64" {
    return "complex64"
  }
}
